/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.h - every route of the gateway, one symbol each.
 *
 * The file named after the symbol tells the route's story. A new route adds
 * one line here and one in routes.c, both in the order of the alphabet.
 */
#ifndef ROUTES_H
#define ROUTES_H
#include "http/call.h"

extern const struct route route_admin_live;
extern const struct route route_admin_metrics;
extern const struct route route_admin_ready;
extern const struct route route_audit;
extern const struct route route_audit_line;
extern const struct route route_audit_report;
extern const struct route route_audit_reports;
extern const struct route route_audit_verify;
extern const struct route route_audit_verify_post;
extern const struct route route_authorize;
extern const struct route route_authorize_post;
extern const struct route route_commitments;
extern const struct route route_connect;
extern const struct route route_connect_again;
extern const struct route route_connect_callback;
extern const struct route route_connect_post;
extern const struct route route_connect_start;
extern const struct route route_data;
extern const struct route route_data_schema;
extern const struct route route_data_set;
extern const struct route route_datasets;
extern const struct route route_developers_openapi;
extern const struct route route_developers_errors;
extern const struct route route_developers_changes;
extern const struct route route_developers;
extern const struct route route_export, route_export_delete, route_export_part,
    route_export_post;
extern const struct route route_feed;
extern const struct route route_feedback;
extern const struct route route_feedback_post;
extern const struct route route_grant;
extern const struct route route_history;
extern const struct route route_home;
extern const struct route route_journal_checkpoint;
extern const struct route route_journal_proof;
extern const struct route route_journal_tile;
extern const struct route route_login;
extern const struct route route_login_callback;
extern const struct route route_login_post;
extern const struct route route_logout;
extern const struct route route_me;
extern const struct route route_verify_receipt, route_verify_receipt_post;
extern const struct route route_me_data;
extern const struct route route_me_download;
extern const struct route route_me_grant;
extern const struct route route_me_shared, route_me_shared_post;
extern const struct route route_notice;
extern const struct route route_pull;
extern const struct route route_oauth_grant, route_oauth_grant_delete;
extern const struct route route_oauth_introspect;
extern const struct route route_oauth_jwks;
extern const struct route route_oauth_par;
extern const struct route route_oauth_register, route_oauth_register_delete,
    route_oauth_register_get, route_oauth_register_put;
extern const struct route route_oauth_resource;
extern const struct route route_oauth_revoke;
extern const struct route route_oauth_server;
extern const struct route route_oauth_token;
extern const struct route route_quota;
extern const struct route route_receipt;
extern const struct route route_sandbox, route_sandbox_post,
    route_sandbox_events, route_sandbox_set;
extern const struct route route_staff;
extern const struct route route_staff_clients, route_staff_clients_post;
extern const struct route route_staff_callback;
extern const struct route route_staff_login;
extern const struct route route_staff_login_post;
extern const struct route route_staff_logout;
extern const struct route route_static;
extern const struct route route_status;
extern const struct route route_withdraw;
extern const struct route route_withdraw_post;

#endif
