/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - `guichet serve`: the gateway itself. */
#include "commands/command.h"
#include "serve/serve.h"

static int run(int argc, char **argv);

const struct command command_serve = {
	"serve", "Run the gateway: pages, API, pushes, journal.", run, "[--check]"
};

static int
run(int argc, char **argv)
{
	bool check = false;
	const struct flag own[] = {
		{ "--check", FLAG_SET, &check, "look at all a start looks at, "
		    "open no port: 0, 69, 78" },
		{ 0 } };
	struct common common;

	if (command_args(&command_serve, &common, own, argc, argv) != 0)
		return command_misused(&command_serve, "it takes no argument");
	return check ? supervise_check(common.config) :
	    supervise(common.config);
}
