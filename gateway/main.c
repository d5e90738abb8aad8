#include <stdio.h>
#include "db/db.h"
int
main(void)
{
	printf("%s %s\n", SQL_PING->name, SQL_PING->text);
	return 0;
}
