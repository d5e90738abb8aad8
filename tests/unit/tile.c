/* SPDX-License-Identifier: Apache-2.0 */
/* tile.c: one spelling for each tile, after c2sp.org/tlog-tiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/error.h"
#include "journal/tile.h"

static void
spelled(void **state UNUSED)
{
	static const struct {
		const char *text; int level; uint64_t n; int width;
	} cases[] = {
		{ "0/000", 0, 0, 256 },
		{ "0/x001/x234/067", 0, 1234067, 256 },
		{ "1/x001/000", 1, 1000, 256 },
		{ "0/273.p/112", 0, 273, 112 },
		{ "2/000.p/1", 2, 0, 1 },
		{ "entries/x999/999.p/255", TILE_ENTRIES, 999999, 255 },
	};
	char path[TILE_PATH_MAX];

	for (size_t i = 0; i < countof(cases); i++) {
		struct tile_name t;

		assert_int_equal(tile_parse(&t, cases[i].text), 0);
		assert_int_equal(t.level, cases[i].level);
		assert_int_equal(t.n, cases[i].n);
		assert_int_equal(t.width, cases[i].width);
		tile_path(path, t.n, t.width);
		assert_string_equal(path, strchr(cases[i].text, '/') + 1);
	}
}

static void
misspelled(void **state UNUSED)
{
	static const char *const cases[] = {
		"", "0", "0/", "0/0", "0/00", "0/0000", "8/000", "-1/000",
		"00/000", "0/x000/001", "0/x001/x234", "0/001/234", "0/x001/1",
		"0/000.p/0", "0/000.p/256", "0/000.p/012", "0/000.p/", "0/000.p",
		"0/000.p/+1", "0/000/", "0/000.p/1/", "entries/", "entry/000",
		"0/X001/000", "0/x1001/000", "0/ 00", "0/../000",
		"0/x999/x999/x999/x999/x999/x999/x999/x999/999",
	};
	struct tile_name t;

	for (size_t i = 0; i < countof(cases); i++)
		if (tile_parse(&t, cases[i]) == 0)
			fail_msg("accepted: %s", cases[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spelled),
		cmocka_unit_test(misspelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
