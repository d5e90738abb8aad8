/* SPDX-License-Identifier: Apache-2.0 */
/* kept.h - what this host's signer keeps, for tools that look. */
#ifndef KEPT_H
#define KEPT_H
#include <openssl/evp.h>
#include "base/attr.h"
#include "journal/line.h"
#include "journal/note.h"

struct arena;
struct db_now;
struct settings;

/* Its last note: asked, or, when `guichet serve` starts the signer, read where
 * it keeps it. 0; E_NOT_FOUND: none; other failures (why). */
MUST_CHECK int kept_note(struct checkpoint *, char **text, struct arena *,
    const struct settings *, enum journal_log, EVP_PKEY *, char why[256]);
/* Does the database hold the continuation of it? 0, *kept known; E_NOT_FOUND:
 * nothing is kept; E_CONFLICT: no; other failures: it could not be told. */
MUST_CHECK int kept_continues(struct checkpoint *kept, const struct settings *,
    struct db_now *, enum journal_log, EVP_PKEY *, char why[256]);

#endif
