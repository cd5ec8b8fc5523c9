/*
 * Writes whose answer may get lost. Before a write is sent, its idempotency key is on disk in
 * $XDG_STATE_HOME/ticketaka/pending; a definite answer removes it. The same command run again
 * within 24 hours after an unknown outcome finds the key and so gets the same result instead of a
 * second one.
 *
 * A record belongs to a running process while that holds its flock: two equal commands at the same
 * time are two writes, a command after a crash is the same write.
 */
#ifndef TK_CLI_PENDING_H
#define TK_CLI_PENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/files.h"

#define KEY_SIZE 72

struct pending {
    int fd; /* -1: none */
    char path[PATH_SIZE];
    char key[KEY_SIZE];
    char hold[160]; /* the hold of an unfinished sale; "" */
    char what[512]; /* the command, for people */
    bool repeated;  /* taken over from an earlier run */
};

/* A UUID of version 7 (RFC 9562): time-ordered, from the kernel's random source. */
void key_make(char to[37]);
/*
 * `meaning` is server, member and command as one text; `key` may be NULL (make one). 0 or errno;
 * the record is on disk when it returns 0.
 */
int pending_open(struct pending *pending, const char *meaning, const char *what, const char *key);
/* Remembers the hold that the sale is about to consume. 0 or errno. */
int pending_set_hold(struct pending *pending, const char *hold);
/* There is a definite answer (`definite`), or the record stays for the next run. Safe on {.fd =
 * -1}. */
void pending_close(struct pending *pending, bool definite);

#endif
