"""Error replies of several Redis versions, and the sentences made of them."""

from __future__ import annotations

import pytest

from hubbub.brokers.redis.failures import ErrorReply, Remedy, explain, explain_greeting


@pytest.mark.parametrize(
    ("reply", "remedy", "words"),
    [
        (
            "NOSCRIPT No matching script. Please use EVAL.",
            Remedy.RECONNECT,
            "lost Hubbub's scripts",
        ),
        ("LOADING Redis is loading the dataset in memory", Remedy.RECONNECT, "loading its data"),
        ("READONLY You can't write against a read only replica.", Remedy.RECONNECT, "the master"),
        ("MASTERDOWN Link with MASTER is down", Remedy.RECONNECT, "lost its master"),
        ("NOAUTH Authentication required.", Remedy.RECONNECT, "wants a password"),
        ("ERR max number of clients reached", Remedy.RECONNECT, "maxclients"),
        ("DENIED Redis is running in protected mode because", Remedy.RECONNECT, "protected mode"),
        ("MISCONF Redis is configured to save RDB snapshots", Remedy.FAIL, "cannot save to disk"),
        ("OOM command not allowed when used memory", Remedy.FAIL, "maxmemory"),
        (
            "ERR Error running script (call to f_1): @user_script:9: @user_script: 9: "
            "-OOM command not allowed when used memory > 'maxmemory'.",
            Remedy.FAIL,
            "maxmemory",
        ),
        ("WRONGTYPE Operation against a key holding", Remedy.FAIL, "holds something"),
        ("NOPERM User x has no permissions to run", Remedy.FAIL, "lacks a permission"),
        (
            "ERR The user executing the script can't run this command or subcommand",
            Remedy.FAIL,
            "lacks a permission",
        ),
        ("BUSY Redis is busy running a script.", Remedy.FAIL, "endless script"),
        ("NOREPLICAS Not enough good replicas to write.", Remedy.FAIL, "too few replicas"),
        ("MOVED 3999 127.0.0.1:6381", Remedy.FAIL, "Redis Cluster"),
        ("CROSSSLOT Keys in request don't hash", Remedy.FAIL, "Redis Cluster"),
        ("CLUSTERDOWN Hash slot not served", Remedy.FAIL, "Redis Cluster"),
        ("ERR something new", Remedy.FAIL, "ERR something new"),
    ],
)
def test_replies_are_explained(reply: str, remedy: Remedy, words: str) -> None:
    failure = explain(ErrorReply(reply))

    assert failure.remedy is remedy
    assert words in failure.sentence


def test_arguments_in_a_reply_are_not_repeated() -> None:
    said = explain(
        ErrorReply("ERR unknown command 'EVALSHA', with args beginning with: 'secret' 'payload'")
    ).sentence

    assert "unknown command 'EVALSHA'" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("command", "reply", "words"),
    [
        ("AUTH", "WRONGPASS invalid username-password pair", "refused the user or password"),
        ("AUTH", "ERR invalid password", "refused the user or password"),
        ("AUTH", "ERR unknown command 'AUTH', with args: 'secret'", "refused the user or password"),
        ("AUTH", "ERR Client sent AUTH, but no password is set", "has no password"),
        (
            "AUTH",
            "ERR AUTH <password> called without any password configured for the default user.",
            "has no password",
        ),
        ("SELECT", "ERR DB index is out of range", "no database of the number"),
        ("SELECT", "NOAUTH Authentication required.", "wants a password"),
        ("", "ERR max number of clients reached", "maxclients"),
    ],
)
def test_refused_greetings_are_explained(command: str, reply: str, words: str) -> None:
    said = explain_greeting(command, ErrorReply(reply))

    assert words in said
    assert "secret" not in said
