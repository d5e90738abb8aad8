/* routes.c - the list the router reads. */
#include "routes/routes.h"

const struct route *const routes[] = {
	&route_home,
	&route_journal_checkpoint,
	&route_journal_tile,
	&route_login,
	&route_login_post,
	&route_logout,
	&route_me,
	&route_static,
	&route_withdraw,
	&route_withdraw_post,
	NULL
};
