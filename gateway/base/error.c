/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - the names of failures, and how a fault is told to a person. */
#include "base/error.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

const char *
error_name(int e)
{
	static const char *const names[] = { "0", "E_NOT_FOUND", "E_BAD_INPUT",
	    "E_TOO_LARGE", "E_UNAVAILABLE", "E_FULL", "E_DENIED", "E_CONFLICT",
	    "E_EXPIRED", "E_TIMEOUT", "E_STATEMENT", "E_SYSTEM", "E_GONE" };

	if (e > 0 || (size_t)-e >= countof(names))
		return "E_UNKNOWN";
	return names[-e];
}

int
fault_set(struct fault *f, const char *code, const char *file, int line,
    int column, const char *cause, ...)
{
	va_list ap;

	*f = (struct fault){ .line = line, .column = column };
	snprintf(f->code, sizeof(f->code), "%s", code);
	snprintf(f->file, sizeof(f->file), "%s", file == NULL ? "" : file);
	va_start(ap, cause);
	vsnprintf(f->cause, sizeof(f->cause), cause, ap);
	va_end(ap);
	return E_BAD_INPUT;
}

int
fault_cure(struct fault *f, const char *cure, ...)
{
	va_list ap;

	va_start(ap, cure);
	vsnprintf(f->cure, sizeof(f->cure), cure, ap);
	va_end(ap);
	return E_BAD_INPUT;
}

/* The line a person wrote, and a caret under the place. */
static void
show_line(FILE *out, const struct fault *f)
{
	FILE *in = f->line > 0 ? fopen(f->file, "r") : NULL;
	char text[1024];
	int n = 0;

	if (in == NULL)
		return;
	while (n < f->line && fgets(text, sizeof(text), in) != NULL)
		n += strchr(text, '\n') != NULL || feof(in);
	if (n == f->line) {
		text[strcspn(text, "\r\n")] = '\0';
		fprintf(out, "  %4d | %.200s\n", f->line, text);
		if (f->column > 0 && f->column <= 200) {
			fputs("       | ", out);
			for (int i = 0; i < f->column - 1 && text[i] != '\0'; i++)
				if (((unsigned char)text[i] & 0xc0) != 0x80)
					fputc(text[i] == '\t' ? '\t' : ' ', out);
			fputs("^\n", out);
		}
	}
	fclose(in);
}

void
fault_print(FILE *out, const struct fault *f)
{
	if (f->file[0] != '\0')
		fprintf(out, "%s:", f->file);
	if (f->line > 0)
		fprintf(out, "%d:", f->line);
	if (f->line > 0 && f->column > 0)
		fprintf(out, "%d:", f->column);
	fprintf(out, "%s%s %s: %s\n", f->file[0] != '\0' ? " " : "",
	    f->warning ? "warning" : "error", f->code, f->cause);
	show_line(out, f);
	if (f->cure[0] != '\0')
		fprintf(out, "  cure: %s\n", f->cure);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	fputs("guichet: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EX_CONFIG);
}
