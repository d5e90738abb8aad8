/* SPDX-License-Identifier: Apache-2.0 */
/* mail_check.c - are the [mail] settings whole, before any port opens? */
#include <string.h>
#include <unistd.h>
#include "base/error.h"
#include "base/settings.h"
#include "http/smtp.h"
#include "mail/letter.h"
#include "mail/mail.h"

static bool
is_loopback(const char *server)
{
	return strncmp(server, "127.", 4) == 0 ||
	    strncmp(server, "[::1]:", 6) == 0 ||
	    strncmp(server, "localhost:", 10) == 0;
}

static int
wrong(const struct settings *s, struct fault *f, const char *cause,
    const char *cure)
{
	fault_set(f, "E135", s->file, 0, 0, "[mail] %s", cause);
	return fault_cure(f, "%s", cure);
}

int
mail_check(const struct settings *s, struct fault *f)
{
	if (strcmp(s->mail_mode, "off") == 0)
		return 0;
	if (!smtp_address(letter_from(s)))
		return wrong(s, f, "from is no e-mail address", "write one, such "
		    "as counter@example.org");
	if (strcmp(s->mail_mode, "command") == 0)
		return access(s->mail_command, X_OK) == 0 ? 0 : wrong(s, f,
		    "command cannot be run", "name a program that this user may "
		    "run; it reads the letter from its standard input");
	if (strcmp(s->mail_tls, "none") == 0 && !is_loopback(s->mail_server))
		return wrong(s, f, "tls = none would send letters in the clear",
		    "write starttls or tls, or a loopback server");
	if ((s->mail_user[0] == '\0') != (s->mail_password_file[0] == '\0'))
		return wrong(s, f, "user and password_file go together",
		    "set both, or none");
	return 0;
}
