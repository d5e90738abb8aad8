-- -> one: is the database there?
SELECT 1 AS one;
