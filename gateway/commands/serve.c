/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - `guichet serve`: the gateway itself. */
#include "commands/command.h"
#include "serve/serve.h"

static int run(int argc, char **argv);

const struct command command_serve = {
	"serve", "Run the gateway: pages, API, pushes, journal.", run, ""
};

static int
run(int argc, char **argv)
{
	struct common common;

	if (command_args(&command_serve, &common, NULL, argc, argv) != 0)
		return command_misused(&command_serve, "it takes no argument");
	return supervise(common.config);
}
