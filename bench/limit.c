/* limit - what one core and the kernel's loopback can do at best: the ceiling that servers are held against.
 *
 * An epoll loop that answers any WebSocket handshake with the one reply that bench/load.c's fixed key wants
 * and sends every text message it gets to every connection, with nothing in between: no channels, no history,
 * no queues. `limit PORT` calls send() once per connection and message; `limit PORT join` sends what arrived
 * together as one piece. A connection that does not keep up is dropped, because there is no queue.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE (64u << 10)
#define KEPT 4096u

struct client {
    int fd, place;    /* place: index in `members`, -1 before the handshake */
    size_t kept_size; /* an unfinished frame or handshake */
    unsigned char kept[KEPT];
};

static struct client *members[65536];
static int member_count, poller, joining;
static unsigned char out[2 * READ_SIZE];

static void leave(struct client *client) {
    if (client->place >= 0) {
        members[client->place] = members[--member_count];
        members[client->place]->place = client->place;
    }
    close(client->fd);
    free(client);
}

static void send_to_all(size_t size) {
    for (int i = member_count - 1; i >= 0; i--)
        if (send(members[i]->fd, out, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size) {
            fprintf(stderr, "a client fell behind and was dropped\n");
            shutdown(members[i]->fd, SHUT_RDWR);
        }
}

/* Turn masked client frames into server frames and fan them out; return the bytes used, -1 to close. */
static long pass_on(unsigned char *data, size_t size) {
    size_t at = 0, ready = 0;
    while (size - at >= 6) {
        unsigned char *frame = data + at;
        size_t body = frame[1] & 127, head = 6;
        if (!(frame[1] & 128) || body == 127) return -1;
        if (body == 126) {
            if (size - at < 8) break;
            body = (size_t)frame[2] << 8 | frame[3];
            head = 8;
        }
        if (head + body > KEPT) return -1;
        if (size - at < head + body) break;
        if ((frame[0] & 15) == 8) return -1;
        if ((frame[0] & 15) == 1) {
            out[ready++] = 0x81;
            if (body < 126) {
                out[ready++] = (unsigned char)body;
            } else {
                out[ready++] = 126;
                out[ready++] = (unsigned char)(body >> 8);
                out[ready++] = (unsigned char)body;
            }
            for (size_t i = 0; i < body; i++) out[ready++] = frame[head + i] ^ frame[head - 4 + (i & 3)];
            if (!joining) {
                send_to_all(ready);
                ready = 0;
            }
        }
        at += head + body;
    }
    if (ready) send_to_all(ready);
    return (long)at;
}

static long greet(struct client *client, const unsigned char *data, size_t size) {
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    const unsigned char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (member_count == 65536) return -1;
    send(client->fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    client->place = member_count;
    members[member_count++] = client;
    return end + 4 - data;
}

static void on_readable(struct client *client) {
    static unsigned char data[KEPT + READ_SIZE];
    memcpy(data, client->kept, client->kept_size);
    ssize_t got = recv(client->fd, data + client->kept_size, READ_SIZE, 0);
    if (got < 0 && errno == EAGAIN) return;
    size_t size = client->kept_size + (got > 0 ? (size_t)got : 0);
    long used = got <= 0 ? -1 : client->place < 0 ? greet(client, data, size) : pass_on(data, size);
    if (used < 0 || size - (size_t)used > KEPT) {
        leave(client);
        return;
    }
    client->kept_size = size - (size_t)used;
    memcpy(client->kept, data + used, client->kept_size);
}

static void accept_one(int listener) {
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    struct client *client = calloc(1, sizeof *client);
    if (!client) {
        close(fd);
        return;
    }
    client->fd = fd;
    client->place = -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &interest);
}

int main(int argc, char **argv) {
    if (argc < 2 || (argc > 2 && strcmp(argv[2], "join"))) {
        fprintf(stderr, "usage: limit PORT [join]\n");
        return 2;
    }
    joining = argc > 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        fprintf(stderr, "cannot listen on 127.0.0.1:%s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    poller = epoll_create1(0);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = NULL}, events[1024];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &interest);
    for (;;) {
        int count = epoll_wait(poller, events, 1024, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                on_readable(events[i].data.ptr);
            else
                accept_one(listener);
        }
    }
}
