/* load - the neutral load client of bench/compare.py, bench/idle.py and bench/streams.py.
 *
 * It speaks RFC 6455 and knows nothing of the servers it measures: how a client of one of them joins a
 * channel is told in steps (--send, --expect), and deliveries are counted by looking for a marker in the
 * text frames. One thread, one epoll set, one read buffer for all connections, so that the client's own
 * cost is the same small amount for every server. It never runs longer than it was told.
 *
 *   load --port P --path /x --connections N [--send TEXT | --expect TEXT]...
 *        --publish TEXT --window W --seconds S [--warm S] [--settle S]      fan-out, closed loop
 *   load --port P --path /x --connections N [--send TEXT | --expect TEXT]...
 *        --hold S                                                          idle, until stdin closes
 *        further: [--sources K] [--batch B] [--stream PATH [--until TEXT]]
 *
 * With several ports (--port P,Q) connections go to them in turn: 0 to the first, 1 to the second, 2 to the first.
 *
 * With --stream only connection 0 is a WebSocket. The others read lines from the endless answers to a GET of
 * PATH (server-sent events, or any lines), and are ready once TEXT was in one.
 *
 * In TEXT and in the path, @I@ is the connection's number, @N@ the number of the publication and @T@ the
 * monotonic clock in nanoseconds, 20 digits wide, and @0@ a NUL. Connection 0 publishes; "ts:" followed by the
 * clock marks a delivery. Application pings are answered: "2" with "3" (Engine.IO), "{}" with "{}" (Centrifuge).
 *
 * Prints one JSON object per line. Exit codes: 0 all delivered, 1 lost, doubled or out of
 * order, 2 could not measure.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NONCE "dGhlIHNhbXBsZSBub25jZQ==" /* RFC 6455 section 1.3 */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define MARK "ts:"
#define STEPS_MAX 16
#define PORTS_MAX 16
#define BUFFER (1u << 20)
#define TEXT_MAX 4096
#define READY_LIMIT_S 90.0
#define SILENCE_LIMIT_S 3.0

/* Latencies: one bucket per 1/32 of a power of two of nanoseconds, so about 3 % exact. */
#define SUB_BITS 5
static uint64_t histogram[64 << SUB_BITS];

enum phase { HANDSHAKE, SCRIPT, READY, GONE };
enum op { TEXT_FRAME = 1, CLOSE_FRAME = 8, PING_FRAME = 9, PONG_FRAME = 10 };

struct peer {
    int fd;
    enum phase phase;
    int step;
    uint64_t seen, last_stamp;
    char *rest; /* the beginning of a frame whose end has not come yet */
    size_t rest_size;
};

struct step {
    int expect;
    const char *text;
};

static struct {
    int ports[PORTS_MAX], port_count, connections, window, sources, batch, step_count;
    const char *path, *publish, *stream, *until;
    double seconds, warm, settle, hold;
    struct step steps[STEPS_MAX];
} plan = {.connections = 1, .window = 1, .sources = 1, .batch = 200, .path = "/", .seconds = 5, .settle = 0.5};

static struct peer *peers;
static int poller, ready_count, gone_count, counting;
static uint64_t delivered, misordered, bytes_read, publication;
static char inbox[BUFFER];

static void fail(const char *form, ...) {
    va_list args;
    va_start(args, form);
    vfprintf(stderr, form, args);
    fputc('\n', stderr);
    exit(2);
}

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int is_stream(const struct peer *peer) { return plan.stream && peer != peers; }

static double since(uint64_t start) { return (double)(clock_ns() - start) / 1e9; }

/* ── latencies ─────────────────────────────────────────────────────────────────────────────────── */

static void note_latency(uint64_t ns) {
    int shift = ns >> SUB_BITS ? 63 - __builtin_clzll(ns) - SUB_BITS : 0;
    histogram[((size_t)shift << SUB_BITS) + (size_t)(ns >> shift)]++;
}

static double latency_ms(double share) {
    uint64_t all = 0, below = 0;
    for (size_t i = 0; i < sizeof histogram / sizeof *histogram; i++) all += histogram[i];
    for (size_t i = 0; i < sizeof histogram / sizeof *histogram; i++) {
        below += histogram[i];
        if (all && (double)below >= share * (double)all && histogram[i]) {
            size_t shift = i >> SUB_BITS > 0 ? (i >> SUB_BITS) - 1 : 0; /* values keep their top bit */
            return (double)((uint64_t)(i - (shift << SUB_BITS)) << shift) / 1e6;
        }
    }
    return 0;
}

/* ── sending ───────────────────────────────────────────────────────────────────────────────────── */

static void drop(struct peer *peer) {
    if (peer->phase == GONE) return;
    if (peer->phase == READY) ready_count--;
    peer->phase = GONE;
    gone_count++;
    close(peer->fd);
}

static void send_all(struct peer *peer, const char *data, size_t size) {
    while (size) {
        ssize_t sent = send(peer->fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = peer->fd, .events = POLLOUT};
            if (poll(&wait, 1, 5000) <= 0) fail("the server did not read what was sent to it for 5 s");
            continue;
        }
        if (sent < 0) {
            drop(peer);
            return;
        }
        data += sent;
        size -= (size_t)sent;
    }
}

static void send_frame(struct peer *peer, enum op op, const char *payload, size_t size) {
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    static char frame[TEXT_MAX + 16];
    size_t at = 0;
    frame[at++] = (char)(0x80 | op);
    if (size > TEXT_MAX) size = TEXT_MAX;
    if (size < 126) {
        frame[at++] = (char)(0x80 | size);
    } else {
        frame[at++] = (char)(0x80 | 126);
        frame[at++] = (char)(size >> 8);
        frame[at++] = (char)(size & 255);
    }
    memcpy(frame + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < size; i++) frame[at + i] = (char)(payload[i] ^ mask[i & 3]);
    send_all(peer, frame, at + size);
}

static size_t fill_in(char *out, const char *text, const struct peer *peer) {
    size_t size = 0;
    while (*text) {
        if (size + 32 > TEXT_MAX) fail("a text is longer than %d bytes", TEXT_MAX - 32);
        if (text[0] == '@' && text[1] && text[2] == '@') {
            char what = text[1];
            int wrote = what == 'I'   ? sprintf(out + size, "%d", (int)(peer - peers))
                        : what == 'N' ? sprintf(out + size, "%llu", (unsigned long long)publication)
                        : what == 'T' ? sprintf(out + size, "%020llu", (unsigned long long)clock_ns())
                        : what == '0' ? (out[size] = 0, 1)
                                      : 0;
            if (wrote) {
                size += (size_t)wrote;
                text += 3;
                continue;
            }
        }
        out[size++] = *text++;
    }
    out[size] = 0;
    return size;
}

static void send_text(struct peer *peer, const char *text) {
    char out[TEXT_MAX];
    size_t size = fill_in(out, text, peer);
    send_frame(peer, TEXT_FRAME, out, size);
}

/* ── receiving ─────────────────────────────────────────────────────────────────────────────────── */

/* Send what the script says until it waits for something; a connection at its end is ready. */
static void proceed(struct peer *peer) {
    if (is_stream(peer)) {
        if (plan.until) return;
        peer->step = plan.step_count;
    }
    while (peer->phase == SCRIPT && peer->step < plan.step_count && !plan.steps[peer->step].expect)
        send_text(peer, plan.steps[peer->step++].text);
    if (peer->phase == SCRIPT && peer->step == plan.step_count) {
        peer->phase = READY;
        ready_count++;
    }
}

static void count_marks(struct peer *peer, const char *text, const char *end, uint64_t now) {
    while ((text = memmem(text, (size_t)(end - text), MARK, sizeof MARK - 1))) {
        uint64_t stamp = 0;
        for (text += sizeof MARK - 1; text < end && *text >= '0' && *text <= '9'; text++)
            stamp = stamp * 10 + (uint64_t)(*text - '0');
        peer->seen++;
        delivered++;
        if (stamp < peer->last_stamp) misordered++;
        peer->last_stamp = stamp;
        if (stamp && stamp <= now) note_latency(now - stamp);
    }
}

static void on_frame(struct peer *peer, unsigned op, char *data, size_t size, uint64_t now) {
    if (op == PING_FRAME) {
        send_frame(peer, PONG_FRAME, data, size);
    } else if (op == CLOSE_FRAME) {
        drop(peer);
    } else if (op == PONG_FRAME) {
        return;
    } else if (size == 1 && *data == '2') {
        send_frame(peer, TEXT_FRAME, "3", 1);
    } else if (size == 2 && data[0] == '{' && data[1] == '}') {
        send_frame(peer, TEXT_FRAME, "{}", 2);
    } else if (peer->phase == SCRIPT) {
        const char *wanted = plan.steps[peer->step].text;
        if (!memmem(data, size, wanted, strlen(wanted))) return;
        peer->step++;
        proceed(peer);
    } else if (counting) {
        count_marks(peer, data, data + size, now);
    }
}

/* Take every whole frame of `data`; return how many bytes were used. */
static size_t take_frames(struct peer *peer, char *data, size_t size) {
    size_t at = 0;
    uint64_t now = clock_ns();
    while (peer->phase != GONE && size - at >= 2) {
        const unsigned char *head = (unsigned char *)data + at;
        size_t head_size = 2, body = head[1] & 127;
        if (head[1] & 128) fail("the server masked a frame, which RFC 6455 section 5.1 forbids");
        if (body == 126) {
            if (size - at < 4) break;
            body = (size_t)head[2] << 8 | head[3];
            head_size = 4;
        } else if (body == 127) {
            if (size - at < 10) break;
            body = 0;
            for (int i = 2; i < 10; i++) body = body << 8 | head[i];
            head_size = 10;
            if (body > BUFFER / 2) fail("the server sent a frame of more than %u bytes", BUFFER / 2);
        }
        if (size - at < head_size + body) break;
        on_frame(peer, head[0] & 15, data + at + head_size, body, now);
        at += head_size + body;
    }
    return at;
}

/* Take every whole line of `data`; return how many bytes were used. */
static size_t take_lines(struct peer *peer, char *data, size_t size) {
    char *last = memrchr(data, '\n', size);
    if (!last) return 0;
    size_t used = (size_t)(last + 1 - data);
    if (peer->phase == SCRIPT && memmem(data, used, plan.until, strlen(plan.until))) {
        peer->phase = READY;
        ready_count++;
    } else if (counting) {
        count_marks(peer, data, data + used, clock_ns());
    }
    return used;
}

static size_t take_handshake(struct peer *peer, char *data, size_t size) {
    char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (is_stream(peer)) {
        if (strncmp(data, "HTTP/1.1 200", 12)) fail("the server refused the stream: %.*s", (int)strcspn(data, "\r\n"), data);
        peer->phase = SCRIPT;
        proceed(peer);
        return (size_t)(end + 4 - data);
    }
    if (strncmp(data, "HTTP/1.1 101", 12)) fail("the server refused the handshake: %.*s", (int)strcspn(data, "\r\n"), data);
    if (!memmem(data, (size_t)(end - data), ACCEPT, sizeof ACCEPT - 1)) fail("the server computed a wrong Sec-WebSocket-Accept");
    peer->phase = SCRIPT;
    proceed(peer);
    return (size_t)(end + 4 - data);
}

static void on_readable(struct peer *peer) {
    memcpy(inbox, peer->rest, peer->rest_size);
    ssize_t got = recv(peer->fd, inbox + peer->rest_size, BUFFER - peer->rest_size, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        if (peer->phase == HANDSHAKE) fail("the server closed a connection before answering its handshake");
        drop(peer);
        return;
    }
    bytes_read += (uint64_t)got;
    size_t size = peer->rest_size + (size_t)got, at = 0;
    if (peer->phase == HANDSHAKE) at = take_handshake(peer, inbox, size);
    if (peer->phase != HANDSHAKE) at += (is_stream(peer) ? take_lines : take_frames)(peer, inbox + at, size - at);
    if (peer->rest_size != size - at || at) {
        peer->rest_size = size - at;
        if (peer->rest_size) {
            if (!(peer->rest = realloc(peer->rest, peer->rest_size))) fail("out of memory");
            memcpy(peer->rest, inbox + at, peer->rest_size);
        }
    }
}

static void work(int wait_ms) {
    static struct epoll_event events[1024];
    int count = epoll_wait(poller, events, 1024, wait_ms);
    for (int i = 0; i < count; i++) {
        struct peer *peer = events[i].data.ptr;
        if (peer->phase != GONE) on_readable(peer);
    }
}

/* ── connecting ────────────────────────────────────────────────────────────────────────────────── */

static void open_one(struct peer *peer) {
    int number = (int)(peer - peers), on = 1, port = plan.ports[number % plan.port_count];
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (peer->fd < 0) fail("no more sockets: %s (see ulimit -n)", strerror(errno));
    if (plan.sources > 1) { /* 28,000 ports per source address is the kernel's default */
        struct sockaddr_in source = {.sin_family = AF_INET};
        source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(number % plan.sources));
        setsockopt(peer->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(peer->fd, (struct sockaddr *)&source, sizeof source)) fail("cannot bind a source address: %s", strerror(errno));
    }
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(peer->fd, (struct sockaddr *)&server, sizeof server))
        fail("no server on 127.0.0.1:%d: %s", port, strerror(errno));
    fcntl(peer->fd, F_SETFL, O_NONBLOCK);
    const char *upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " NONCE "\r\nSec-WebSocket-Version: 13\r\n";
    char path[TEXT_MAX], request[2 * TEXT_MAX];
    fill_in(path, is_stream(peer) ? plan.stream : plan.path, peer);
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", path, port,
                        is_stream(peer) ? "" : upgrade);
    send_all(peer, request, (size_t)size);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = peer};
    epoll_ctl(poller, EPOLL_CTL_ADD, peer->fd, &interest);
}

static double open_all(void) {
    uint64_t start = clock_ns();
    for (int opened = 0; ready_count < plan.connections;) {
        if (opened < plan.connections && opened - ready_count < plan.batch) open_one(&peers[opened++]);
        work(opened < plan.connections && opened - ready_count < plan.batch ? 0 : 20);
        if (gone_count) fail("the server closed a connection while it was joining the channel");
        if (since(start) > READY_LIMIT_S)
            fail("only %d of %d connections were ready after %.0f s", ready_count, plan.connections, READY_LIMIT_S);
    }
    return since(start);
}

/* ── what is measured ──────────────────────────────────────────────────────────────────────────── */

struct burst {
    uint64_t sent, expected, start, last;
};

/* Publish with at most `window` publications not yet delivered to everybody, then let the last ones arrive. */
static struct burst publish_for(double seconds) {
    struct burst burst = {.start = clock_ns()};
    uint64_t all = (uint64_t)plan.connections;
    delivered = 0;
    bytes_read = 0;
    for (int i = 0; i < plan.connections; i++) peers[i].seen = 0;
    burst.last = burst.start;
    uint64_t known = 0;
    for (;;) {
        int over = since(burst.start) >= seconds;
        while (!over && burst.sent - delivered / all < (uint64_t)plan.window && peers[0].phase == READY) {
            publication++;
            burst.sent++;
            send_text(&peers[0], plan.publish);
        }
        if (over && delivered >= burst.sent * all) break;
        work(10);
        if (delivered != known) {
            known = delivered;
            burst.last = clock_ns();
        }
        if (gone_count || since(burst.last) > SILENCE_LIMIT_S) break;
    }
    burst.expected = burst.sent * all;
    return burst;
}

static int run_fanout(double connect_s) {
    counting = 1;
    if (plan.warm > 0) publish_for(plan.warm);
    memset(histogram, 0, sizeof histogram);
    misordered = 0;
    printf("{\"event\":\"begin\"}\n"); /* whoever watches the server reads its processor time now */
    fflush(stdout);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    struct burst burst = publish_for(plan.seconds);
    getrusage(RUSAGE_SELF, &after);
    uint64_t settle = clock_ns(); /* a doubled last message would come right behind */
    while (since(settle) < 0.05) work(10);
    int uneven = 0;
    for (int i = 0; i < plan.connections; i++) uneven += peers[i].seen != burst.sent;
    double took = (double)(burst.last - burst.start) / 1e9;
    double cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                 (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    printf("{\"event\":\"fanout\",\"connections\":%d,\"window\":%d,\"sent\":%llu,\"delivered\":%llu,\"lost\":%lld,"
           "\"uneven\":%d,\"misordered\":%llu,\"closed\":%d,\"seconds\":%.4f,\"per_second\":%.1f,\"megabytes_per_second\":%.6f,"
           "\"p50_ms\":%.4f,\"p90_ms\":%.4f,\"p99_ms\":%.4f,\"max_ms\":%.4f,\"connect_s\":%.3f,\"client_cpu_s\":%.3f}\n",
           plan.connections, plan.window, (unsigned long long)burst.sent, (unsigned long long)delivered,
           (long long)(burst.expected - delivered), uneven, (unsigned long long)misordered, gone_count, took, took > 0 ? (double)delivered / took : 0,
           took > 0 ? (double)bytes_read / took / 1e6 : 0, latency_ms(.5), latency_ms(.9), latency_ms(.99), latency_ms(1), connect_s, cpu);
    return delivered == burst.expected && !uneven && !misordered && !gone_count && burst.sent ? 0 : 1;
}

static int run_hold(double connect_s) {
    struct epoll_event leave = {.events = EPOLLIN, .data.ptr = NULL};
    int watch = epoll_create1(0);
    if (epoll_ctl(watch, EPOLL_CTL_ADD, STDIN_FILENO, &leave)) fail("--hold wants a pipe on stdin; closing it ends the hold");
    printf("{\"event\":\"holding\",\"connections\":%d,\"connect_s\":%.3f}\n", ready_count, connect_s);
    fflush(stdout);
    uint64_t start = clock_ns();
    struct epoll_event event;
    while (since(start) < plan.hold && !gone_count && epoll_wait(watch, &event, 1, 0) == 0) work(50);
    printf("{\"event\":\"held\",\"seconds\":%.3f,\"closed\":%d}\n", since(start), gone_count);
    return gone_count ? 1 : 0;
}

/* ── options ───────────────────────────────────────────────────────────────────────────────────── */

static void add_step(int expect, const char *text) {
    if (plan.step_count == STEPS_MAX) fail("at most %d steps", STEPS_MAX);
    plan.steps[plan.step_count++] = (struct step){.expect = expect, .text = text};
}

static void add_ports(char *list) {
    for (char *rest = list; *rest; rest += *rest == ',') {
        long port = strtol(rest, &rest, 10);
        if (port < 1 || port > 65535 || (*rest && *rest != ',')) fail("--port must be 1 to 65535, or several by comma");
        if (plan.port_count == PORTS_MAX) fail("there are %d ports at most", PORTS_MAX);
        plan.ports[plan.port_count++] = (int)port;
    }
}

static void read_options(int argc, char **argv) {
    static const struct option options[] = {
        {"port", 1, 0, 'p'},    {"path", 1, 0, 'u'},  {"connections", 1, 0, 'n'}, {"send", 1, 0, 's'},  {"expect", 1, 0, 'e'},
        {"publish", 1, 0, 'P'}, {"window", 1, 0, 'w'}, {"seconds", 1, 0, 'd'},     {"warm", 1, 0, 'W'},  {"settle", 1, 0, 'g'},
        {"hold", 1, 0, 'k'},    {"sources", 1, 0, 'a'}, {"batch", 1, 0, 'b'},      {"stream", 1, 0, 't'},
        {"until", 1, 0, 'i'},   {0, 0, 0, 0}};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (o) {
            case 'p': add_ports(optarg); break;
            case 'u': plan.path = optarg; break;
            case 'n': plan.connections = atoi(optarg); break;
            case 's': add_step(0, optarg); break;
            case 'e': add_step(1, optarg); break;
            case 'P': plan.publish = optarg; break;
            case 'w': plan.window = atoi(optarg); break;
            case 'd': plan.seconds = atof(optarg); break;
            case 'W': plan.warm = atof(optarg); break;
            case 'g': plan.settle = atof(optarg); break;
            case 'k': plan.hold = atof(optarg); break;
            case 'a': plan.sources = atoi(optarg); break;
            case 'b': plan.batch = atoi(optarg); break;
            case 't': plan.stream = optarg; break;
            case 'i': plan.until = optarg; break;
            default: exit(2);
        }
    if (!plan.port_count) fail("say --port PORT");
    if (plan.connections < 1 || plan.connections > 60000) fail("--connections must be 1 to 60000");
    if (plan.seconds > 600 || plan.hold > 3600) fail("no run is longer than 600 s, no hold longer than 3600 s");
    if (!plan.publish && plan.hold <= 0) fail("say --publish TEXT or --hold SECONDS");
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if ((rlim_t)plan.connections + 16 > files.rlim_max)
        fail("%d connections need more file descriptors than the %llu allowed; raise the hard limit (ulimit -Hn)", plan.connections,
             (unsigned long long)files.rlim_max);
    poller = epoll_create1(0);
    if (!(peers = calloc((size_t)plan.connections, sizeof *peers))) fail("out of memory");
    double connect_s = open_all();
    uint64_t settled = clock_ns();
    while (since(settled) < plan.settle) work(20);
    return plan.publish ? run_fanout(connect_s) : run_hold(connect_s);
}
