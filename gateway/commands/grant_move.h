/* SPDX-License-Identifier: Apache-2.0 */
/* grant_move.h - all consents into a signed archive, and out of one. */
#ifndef GRANT_MOVE_H
#define GRANT_MOVE_H

struct db_now;
struct settings;

/* Both print what they did, or why not; an exit code. The file is new, and
 * ours alone to read. */
int grant_export(struct db_now *, const struct settings *, const char *path);
/* jwks: the public keys of the installation that made it (/oauth/jwks). */
int grant_import(struct db_now *, const char *path, const char *jwks);

#endif
