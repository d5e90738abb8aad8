/* SPDX-License-Identifier: Apache-2.0 */
/* types.h - PostgreSQL's type numbers that we read (pg_type.dat). */
#ifndef TYPES_H
#define TYPES_H

enum {
	T_BOOL = 16, T_CHAR = 18, T_NAME = 19, T_INT8 = 20, T_INT2 = 21,
	T_INT4 = 23, T_TEXT = 25, T_JSON = 114, T_FLOAT4 = 700, T_FLOAT8 = 701,
	T_BPCHAR = 1042, T_VARCHAR = 1043, T_DATE = 1082, T_TIMESTAMP = 1114,
	T_TIMESTAMPTZ = 1184, T_NUMERIC = 1700, T_UUID = 2950, T_JSONB = 3802
};

#endif
