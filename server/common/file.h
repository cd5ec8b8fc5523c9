/* A text file of the source tree, compiled into the program (scripts/embed): migrations, Lua scripts. */
#ifndef TK_COMMON_FILE_H
#define TK_COMMON_FILE_H

struct tk_file {
    const char *name; /* base name; NULL ends a table */
    const char *text;
};

/* The REST contract, served at /openapi.yaml: one row. */
extern const struct tk_file openapi[];

#endif
