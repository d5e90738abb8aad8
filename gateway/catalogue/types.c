/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types.c - PostgreSQL's types, and which fields of a schema they may fill.
 * Numbers are those of pg_type.dat, fixed since they exist.
 */
#include "catalogue/catalogue_own.h"
#include "catalogue/types.h"

static const struct {
	uint32_t type, array;
	const char *name;
} types[] = {
	{ T_BOOL, 1000, "boolean" },	{ T_CHAR, 1002, "\"char\"" },
	{ T_NAME, 1003, "name" },	{ T_INT2, 1005, "smallint" },
	{ T_INT4, 1007, "integer" },	{ T_INT8, 1016, "bigint" },
	{ T_TEXT, 1009, "text" },	{ T_BPCHAR, 1014, "char" },
	{ T_VARCHAR, 1015, "varchar" },	{ T_FLOAT4, 1021, "real" },
	{ T_FLOAT8, 1022, "double precision" },
	{ T_DATE, 1182, "date" },
	{ T_TIMESTAMP, 1115, "timestamp without time zone" },
	{ T_TIMESTAMPTZ, 1185, "timestamptz" },
	{ T_NUMERIC, 1231, "numeric" },	{ T_UUID, 2951, "uuid" },
	{ T_JSON, 199, "json" },	{ T_JSONB, 3807, "jsonb" },
};

const char *
type_name(uint32_t type)
{
	for (size_t i = 0; i < countof(types); i++)
		if (types[i].type == type || types[i].array == type)
			return types[i].name;
	return "a type of its own";
}

uint32_t
type_element(uint32_t array)
{
	for (size_t i = 0; i < countof(types); i++)
		if (types[i].array == array)
			return types[i].type;
	return 0;
}

bool
type_fits(enum field_type field, uint32_t type)
{
	switch (type) {
	case T_TEXT: case T_VARCHAR: case T_BPCHAR: case T_NAME: case T_CHAR:
	case T_UUID:
		return field == FIELD_STRING;
	case T_DATE:
		return field == FIELD_DATE;
	case T_TIMESTAMPTZ:
		return field == FIELD_DATE_TIME;
	case T_INT2: case T_INT4: case T_INT8:
		return field == FIELD_INTEGER || field == FIELD_NUMBER;
	case T_NUMERIC: case T_FLOAT4: case T_FLOAT8:
		return field == FIELD_NUMBER;
	case T_BOOL:
		return field == FIELD_BOOLEAN;
	case T_JSON: case T_JSONB:
		return field == FIELD_OBJECT || field == FIELD_LIST ||
		    field == FIELD_ANY;
	default:
		return false;
	}
}
