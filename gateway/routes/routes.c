/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c - the list the router reads. */
#include "routes/routes.h"

const struct route *const routes[] = {
	&route_audit,
	&route_audit_line,
	&route_audit_report,
	&route_audit_reports,
	&route_audit_verify,
	&route_audit_verify_post,
	&route_authorize,
	&route_authorize_post,
	&route_connect,
	&route_connect_callback,
	&route_connect_post,
	&route_connect_start,
	&route_datasets,
	&route_grant,
	&route_history,
	&route_home,
	&route_journal_checkpoint,
	&route_journal_proof,
	&route_journal_tile,
	&route_login,
	&route_login_callback,
	&route_login_post,
	&route_logout,
	&route_me,
	&route_me_grant,
	&route_notice,
	&route_oauth_grant,
	&route_oauth_grant_delete,
	&route_oauth_introspect,
	&route_oauth_jwks,
	&route_oauth_par,
	&route_oauth_resource,
	&route_oauth_revoke,
	&route_oauth_server,
	&route_oauth_token,
	&route_pull,
	&route_receipt,
	&route_staff,
	&route_staff_login,
	&route_staff_login_post,
	&route_staff_logout,
	&route_static,
	&route_withdraw,
	&route_withdraw_post,
	NULL
};

/* On [admin] listen: loopback only, no customer and no PIMS comes here. */
const struct route *const admin_routes[] = {
	&route_admin_live,
	&route_admin_metrics,
	&route_admin_ready,
	NULL
};
