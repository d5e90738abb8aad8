/* routes.c - the list the router reads. */
#include "routes/routes.h"

const struct route *const routes[] = {
	NULL
};
