/* Files of the user: where they are, and how they are written so that a crash leaves the old or the
 * new one. */
#ifndef TK_CLI_FILES_H
#define TK_CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_SIZE 1024

/* $XDG_STATE_HOME/ticketaka/NAME, else ~/.local/state/ticketaka/NAME. false: no home,
 * or too long. */
bool state_path(char to[PATH_SIZE], const char *name);
/* $XDG_CONFIG_HOME/ticketaka/NAME, else ~/.config/ticketaka/NAME. */
bool config_path(char to[PATH_SIZE], const char *name);
/* Makes the folder that `path` is in, 0700, and those above it. 0 or errno. */
int make_parents(const char *path);
/* 0600, fsync, rename, fsync of the folder. 0 or errno; the old file stays on failure. */
int write_atomically(const char *path, const char *text);
int sync_folder_of(const char *path);
/*
 * Opens and locks (flock) PATH for this process alone, waiting at most `timeout_ms`. A descriptor
 * to close, or -1 and errno (EAGAIN: another process kept it).
 */
int lock_file(const char *path, int64_t timeout_ms);
/*
 * Text of a secret's file, its trailing line end removed; malloc'd. NULL and errno: EPERM when
 * others may read it and `strict`, EINVAL when it is empty.
 */
char *read_secret(const char *path, bool strict);

#endif
