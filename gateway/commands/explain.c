/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - `guichet explain CODE`: what a fault means, and what to do.
 *
 * One table of every code there is; a test holds it against the source.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "base/attr.h"
#include "base/buf.h"
#include "base/jw.h"
#include "base/text.h"
#include "commands/command.h"

static int run(int argc, char **argv);

const struct command command_explain = {
	"explain", "Tell what a fault's code means and what to do.", run,
	"[CODE...] [--json]"
};

static const struct { const char *code, *title, *cause, *cure; } codes[] = {
	/* ---- settings ---- */
	{ "E101", "A file of settings cannot be read",
	  "It is not there, or the user that runs guichet may not read it.",
	  "Check the name and its owner. `guichet init` writes a first one." },
	{ "E102", "A line is neither [section] nor key = value",
	  "Settings are INI: one section or one key a line, comments after #.",
	  "Write key = value. Save the file as plain UTF-8 text." },
	{ "E103", "A line is too long",
	  "A line holds 198 bytes; what is beyond would be cut in silence.",
	  "Shorten the value, or put it in a file and name that file." },
	{ "E104", "A line is indented",
	  "An indented line would continue the value above it.",
	  "Begin each key at the first column." },
	{ "E105", "A key stands in no known section",
	  "It comes before any [section], or the section's name is not known.",
	  "`guichet serve --help` lists the sections." },
	{ "E106", "A key is not known",
	  "Perhaps it is misspelt, or it belongs to another section.",
	  "Take the proposal of the message, or remove the line." },
	{ "E107", "A key is set twice",
	  "The second value would silently win.", "Keep one of the two lines." },
	{ "E108", "A value cannot be so",
	  "It is not of the setting's type or within its bounds. A database's "
	  "URL may hold no password: files are copied into tickets and backups.",
	  "The message says what to write." },
	{ "E109", "A setting is missing",
	  "It has no default, as no guess would be right.", "Add it." },
	{ "E110", "A file named in the settings cannot be opened",
	  "It is not there, or may not be read.",
	  "Name a file that the user who runs guichet can read." },
	{ "E111", "A secret can be read by others",
	  "Its file's mode lets other users of this machine read it.",
	  "chmod 600 the file." },
	{ "E112", "Two settings do not go together",
	  "One needs the other, or contradicts it.",
	  "The message names the two." },
	/* ---- keys ---- */
	{ "E120", "A key cannot be written",
	  "The directory may not be written to, or the disk is full.",
	  "Run `guichet key new` as the user that runs guichet." },
	{ "E121", "A key is missing",
	  "The directory of keys does not hold all that is needed.",
	  "`guichet key new` makes what is missing and keeps what is there. If "
	  "keys were lost, bring them back from the backup first: what they "
	  "sealed cannot be opened by new ones." },
	{ "E122", "A key is not ours alone",
	  "It belongs to another user, or others may read it.",
	  "chown it to the user that runs guichet, chmod 600." },
	{ "E123", "A key's file is damaged",
	  "It is not what its name says.", "Bring it back from the backup." },
	{ "E124", "The journal's signer does not answer",
	  "[journal] signer names the socket of a process of its own, which holds "
	  "the key that signs checkpoints; nobody listens there.",
	  "Start it: systemctl enable --now guichet-signer." },
	{ "E125", "A line of the file of witnesses is not understood",
	  "[journal] witnesses names a file with an address and a verifier key a line.",
	  "Write them as `guichet journal witness` printed them." },
	{ "E126", "Time-stamps cannot be asked for",
	  "[journal] timestamp_url names a time-stamping authority; what its stamps "
	  "are held against is missing, or the address is not one we would ask.",
	  "Write its https address, and in timestamp_ca_file the certificates that "
	  "it publishes." },
	{ "E127", "The HSM cannot be used",
	  "`guichet journal signer --hsm` takes a PKCS#11 URI: the token, the path of "
	  "its module, the file with the PIN. Keys are labelled journal-restitution "
	  "and journal-consent-admin, one pair each.",
	  "The message names the part that is missing. `pkcs11-tool -L` and `-O` show "
	  "what the token has." },
	{ "E128", "The HSM does not sign",
	  "Lines of the journal keep their places and wait; nothing is lost, but no "
	  "checkpoint says so yet.",
	  "Bring the token back; the signer logs in again by itself." },
	/* ---- serving ---- */
	{ "E130", "Demo logins before a real source",
	  "[login] mode = demo knows passwords from a table: fit for synthetic "
	  "people only.",
	  "Use another mode; or mark the source `synthetic = yes` if nobody real "
	  "is in it." },
	{ "E131", "Client certificates without TLS",
	  "listen_mtls needs a certificate of ours.",
	  "Set tls_certificate and tls_key." },
	{ "E136", "A sandbox before a real source",
	  "[sandbox] open = yes lets anybody register, sign in as anybody and "
	  "change records: fit for people who never were only.",
	  "Give the sandbox an installation of its own, with synthetic sources." },
	{ "E134", "The sign-in provider is not named whole",
	  "[login] mode = oidc sends customers to the organisation's OpenID "
	  "Connect provider; the counter must know its issuer and its own name "
	  "there.",
	  "Register the counter there, with the redirect address that the "
	  "message shows, and write issuer and client_id. "
	  "docs/how-to/sign-in.md tells the whole." },
	{ "E135", "The [mail] settings are not whole",
	  "Letters to customers need an address they come from, and a mail server "
	  "that is reached over TLS (or on this machine) or a program to hand "
	  "them to.",
	  "Mend the setting that the message names; docs/how-to/write-to-"
	  "customers.md tells the whole." },
	{ "E132", "Too many listening sockets", "There is a bound.",
	  "Listen on fewer addresses." },
	{ "E133", "Too few files may be open",
	  "Each connection is a file descriptor; the system's bound is lower than "
	  "what connections_max promises.",
	  "Raise LimitNOFILE= in the systemd unit, or lower connections_max." },
	{ "E137", "A socket was handed over that no setting names",
	  "guichet.socket opens an address; nobody here would answer on it.",
	  "Let guichet.socket and the listen settings name the same addresses." },
	{ "E140", "An address cannot be listened on",
	  "Something else uses it, it is not of this machine, or the port is "
	  "below 1024 and we are not allowed to take it.",
	  "Choose another in [server], or stop what uses it." },
	{ "E141", "A proxy's address is malformed",
	  "trusted_proxies holds addresses and networks.",
	  "Write for example 127.0.0.1 10.1.0.0/24." },
	{ "E142", "The TLS certificate cannot be used",
	  "The chain or the key is not PEM, or the two do not belong together.",
	  "Give a PEM chain, our own certificate first, and its unencrypted key." },
	{ "E143", "An allowed network is malformed",
	  "[push] allow holds addresses and networks.",
	  "Write for example 127.0.0.1 10.1.0.0/24." },
	{ "E144", "The TLS certificate is out of its time",
	  "It has expired, or is not valid yet: every client would refuse it.",
	  "Renew it and reload; if its dates are right, this machine's clock is "
	  "not." },
	{ "E145", "The proxy to recipients is malformed",
	    "[push] proxy names the one host that leads out, by CONNECT; its name "
	    "and password stand in a file of their own.",
	    "Write http://host:port, and name:password into proxy_password_file." },
	{ "E146", "A client certificate of ours cannot be used",
	    "[push] certificates is a directory of RECIPIENT.pem; each holds a "
	    "certificate and the key that goes with it.",
	    "Put both into the file, in PEM." },
	{ "E190", "A catalogue of words is malformed",
	  "A .po file inside the program cannot be read: it is a bug of ours.",
	  "Report it, with the version." },
	/* ---- adapters ---- */
	{ "E201", "A file or folder of the catalogue cannot be read",
	  "[catalogue] schemas and adapters, and the folders that `sources` names "
	  "below the latter, must exist and be readable.",
	  "Check the names and the rights." },
	{ "E202", "A file is not plain text of a sane size",
	  "It is too long, or not UTF-8.", "Save it as UTF-8." },
	{ "E203", "A parameter is not what an adapter may use",
	  "A data set's SELECT takes :customer, and if it likes :since and :until "
	  "(instants, compared with a timestamptz); its .changed.sql takes :since "
	  "and :until; customers.sql takes :customer. They are spelled as psql "
	  "spells them. Order, limit and the place to go on from are the "
	  "gateway's business.",
	  "Use these names; leave LIMIT and ORDER BY out." },
	{ "E204", "No schema documents this file's data set",
	  "A SQL file is named after a data set: energy.load-curve.sql.",
	  "Rename it, or write the schema." },
	{ "E205", "A parameter is not used",
	  "Without :customer everybody's records would go to everybody; without "
	  ":since and :until each question would be about everything.",
	  "Add it to the WHERE." },
	{ "E206", "A data set comes twice, or there are too many",
	  "One data set has one source, and one SELECT a version.", "Keep one "
	  "adapter for it; DATASET@1.sql gives version 1 beside the newest." },
	{ "E207", "PostgreSQL refuses the SQL",
	  "The message and the place are PostgreSQL's own.",
	  "Mend it there. The file runs in psql after \\set customer." },
	{ "E208", "A column is no field of the schema",
	  "The alias of each column is the path of a field: usage_point, "
	  "\"tariff.name\", \"readings[].start\". Lists hold plain objects; "
	  "deeper ones are given whole as jsonb.",
	  "Rename the alias, or document the field." },
	{ "E209", "A column's type does not fit its field",
	  "text for strings, date, timestamptz for date-time, integers, numeric "
	  "for numbers, boolean; jsonb for an object or a list given whole; an "
	  "array for \"list[].member\". A timestamp without time zone never "
	  "fits: the hour of October comes twice.",
	  "Cast it as the message says; AT TIME ZONE 'Europe/Paris' makes an "
	  "instant of local time." },
	{ "E210", "A required field is missing",
	  "The schema promises it in every record.",
	  "Select it, or make it optional in a new version of the schema." },
	{ "E211", "Columns contradict each other",
	  "The same field is given twice, or both whole and in parts, or there "
	  "are too many.", "Keep one." },
	{ "E212", "A value of source.conf cannot be so",
	  "It is not of the key's type.", "The message says what to write." },
	{ "E213", "source.conf has a section", "It is one list of keys.",
	  "Take the line out." },
	{ "E214", "source.conf lacks a key",
	  "A source needs a url (there, or in [sources] of guichet.conf) and a "
	  "time_zone.", "Add it." },
	{ "E215", "Our role may not read a table",
	  "Preparing a statement does not look at rights, running it does.",
	  "Have the database's owner run the GRANTs of the message." },
	{ "E216", "A source gives no answer",
	  "It cannot be reached, or refuses the role.",
	  "Check its url, the network, pg_hba.conf, and that it runs." },
	{ "E217", ".changed.sql lacks a column",
	  "The watch asks for customer (text), changed (timestamptz) and key.",
	  "Select the three, so named." },
	{ "E218", "The file is not one statement",
	  "Each file is one SELECT whose brackets match: it becomes a subquery, "
	  "and must not be able to end it.",
	  "Mend the place shown." },
	{ "E219", "It cannot be known who still writes",
	  "Records are read up to the start of the oldest transaction still "
	  "running, so that what commits late is not lost. For this our role "
	  "must see all transactions (pg_read_all_stats), sessions must show "
	  "them (track_activities), and the source must be a primary.",
	  "The message names the one that is missing." },
	{ "E220", "A page walks through a whole table",
	  "For each customer and page PostgreSQL would read every row, or all "
	  "rows of a stretch of time: no index leads to the customer's.",
	  "Create the index of the message (CONCURRENTLY: writers go on). An "
	  "expression around the column, or another type, hides its index." },
	{ "E221", "A page is planned at a high cost",
	  "The planner expects much work for one customer.",
	  "ANALYZE the tables; look at EXPLAIN ANALYZE for one of many years." },
	{ "E222", "The watch walks through a whole table",
	  "`Who changed?` is asked every few seconds and needs an index on the "
	  "time of change.",
	  "Create the index of the message. With greatest(a, b) ask one SELECT per "
	  "table and join them by UNION ALL." },
	{ "E223", "A sampled page is slow, or failed",
	  "A customer waits for it, and so does the source.",
	  "Look at EXPLAIN ANALYZE for that customer. Look code tables up in the "
	  "select list; compare the time column with :since." },
	{ "E224", "A sampled record breaks its schema",
	  "What is promised to PIMS is not what would be sent. The field is "
	  "named, its value is not.",
	  "`guichet preview --customer REF` shows it. Mend the SELECT, or write "
	  "a new version of the schema." },
	{ "E225", "Two records of a customer have the same natural key",
	  "A PIMS would take the second for a correction of the first.",
	  "A join multiplies rows: aggregate it; or complete x-natural-key." },
	{ "E226", "Two customers share records",
	  "Either they are co-holders, or one would receive the other's data.",
	  "If they hold them together, let customers.sql select `coholders` for "
	  "each of the two; else mend the WHERE before anything else." },
	{ "E227", "A customer who does not exist gets records",
	  "Some rows do not depend on :customer.",
	  "Look for OR without brackets, or a condition in the ON of an outer "
	  "join. Do not serve before it is mended." },
	{ "E228", "Records without a time of change or a key",
	  "Pages are ordered by them: such records are never sent.",
	  "coalesce(date_maj, created, '2000-01-01'); keys are never NULL." },
	{ "E229", "Our role may do more than read",
	  "The gateway only reads; whoever takes it over could do what its role "
	  "can.", "Run the REVOKEs, or give it a role of its own." },
	{ "E230", "Nobody was found to sample",
	  "No customer changed lately, or there is no .changed.sql.",
	  "Name some: --customer REF." },
	{ "E231", "Row level security hides rows",
	  "A policy applies to our role: answers may be empty without a word.",
	  "Make sure that it shows us every customer." },
	{ "E232", "Records cross the network in the clear",
	  "The connection to the source is not encrypted.",
	  "Add sslmode=verify-full and sslrootcert to its url." },
	{ "E233", "Values of another size than the schema expects",
	  "x-plausible says where a field's values lie in its unit; most sampled "
	  "ones lie elsewhere, often by a thousand: watt-hours for kilowatt-hours, "
	  "cents for euros.",
	  "Convert in the SELECT; if reality is right, mend x-plausible." },
	{ "E234", "A function that may write is called",
	  "PostgreSQL holds it to be VOLATILE, as every function is that does not "
	  "say otherwise. The gateway reads in read-only transactions, and what "
	  "writes there fails.",
	  "ALTER FUNCTION ... STABLE when it only reads; else leave it out." },
	{ "E235", "coholders in customers.sql cannot be read",
	  "Nobody can tell who else must agree, so the data of that source cannot "
	  "be given by that customer.",
	  "Select NULL or a jsonb list of {\"customer\": the other's reference, "
	  "\"agree\": \"all\" or \"any\"}, with \"account\" and \"datasets\" where "
	  "only some records are shared." },
	{ "E236", "Texts are not UTF-8",
	  "PostgreSQL refuses to hand on what it cannot turn into UTF-8. A database "
	  "of SQL_ASCII was never told what its applications write.",
	  "convert_from(convert(convert_to(column, 'SQL_ASCII'), 'LATIN1', 'UTF8'), "
	  "'SQL_ASCII') in the SELECT, with the charset that the application "
	  "writes." },
	{ "E239", ".removed.sql does not select what tells a removal",
	  "A removal is the record's natural key, its period if the schema has "
	  "one, and the time it was removed; nothing else.",
	  "Select these columns, under the names of the schema." },
	{ "E240", "A source does not tell of its changes",
	  "capture = trigger needs a change table that our role may read.",
	  "Run what `guichet adapter triggers SOURCE` prints, as the owner." },
	{ "E241", "A source does not stream its changes",
	  "capture = replication needs wal_level = logical, a publication and a "
	  "slot, and a role that may replicate. A slot is lost when more is "
	  "written than max_slot_wal_keep_size keeps, and by most failovers.",
	  "Run what `guichet adapter replication SOURCE` prints, as the owner. What "
	  "was not streamed meanwhile is found by comparing, by itself." },
	{ "E242", "WAL is kept for us without a bound",
	  "A slot that nobody reads keeps all that is written since, until the "
	  "disk is full and the source stops.",
	  "Set max_slot_wal_keep_size." },
	{ "E243", "Transactions may last longer than overlap_s",
	  "capture = overlap reads again what changed in the last overlap_s "
	  "seconds: what a longer transaction writes appears behind that, and is "
	  "found by comparisons alone.",
	  "Bound transactions at the source, or raise overlap_s; and set "
	  "compare_days." },
	{ "E244", "A table does not tell all of its changes",
	  "Only published tables are streamed. Of an old row, only its REPLICA "
	  "IDENTITY is told: the primary key, unless said otherwise.",
	  "Run what `guichet adapter replication SOURCE` prints, as the owner." },
	/* ---- schemas ---- */
	{ "E251", "A schema is not JSON",
	  "The parser stopped at the place shown; members given twice are "
	  "refused as well.", "Mend that place." },
	{ "E252", "A schema lacks an annotation",
	  "Identity, version, wording in English and French, doctype, frequency "
	  "and latency are what the pages and the contract are made of.",
	  "Add it." },
	{ "E253", "An object documents no field, or nests too deep",
	  "Each object has `properties`; four levels are the most.",
	  "Describe each field." },
	{ "E254", "A field has no title in both languages",
	  "Customers read it on the consent page, developers in the docs.",
	  "Write `title` and `x-fr: {\"title\": ...}`." },
	{ "E255", "A field's name, or their number, cannot be so",
	  "Names are letters, digits and _; two hundred at most.",
	  "Rename it, or make two data sets." },
	{ "E256", "A code has no label",
	  "A code nobody can read is no data. Each value of `enum` has a label "
	  "in English and French.", "Add it to x-codes." },
	{ "E257", "The natural key cannot be so",
	  "It names one to seven required fields that are texts, whole numbers "
	  "or times: what tells two records of a customer apart, for ever.",
	  "Name such fields." },
	{ "E258", "The time of change, or the period, cannot be so",
	  "x-changed names a required date-time, x-period a required date or "
	  "date-time.", "Name such a field." },
	{ "E259", "A data set has two schemas, or there are too many",
	  "One file documents one version of a data set.", "Remove one, or give "
	  "the newer another x-version." },
	{ "E260", "A schema says what we would not look at",
	  "An unknown keyword, format or reference would silently promise "
	  "nothing.",
	  "Use the keywords of docs/reference/schemas.md; annotations begin "
	  "with x-." },
	{ "E261", "A data set cannot be given in part like that",
	  "x-account names a required text; x-granularities lists the finest "
	  "first, and what each of the others leaves out.",
	  "See docs/reference/schemas.md, \"given in part\"." },
	{ "E262", "Readers of the old schema could not read the new one",
	  "guichet check --against found a change that breaks within one version: a "
	  "field gone or of another type or unit, a new code, another key.",
	  "Undo it, or raise x-version and keep both for a while." },
	{ "E263", "A new version tells more than was allowed",
	  "A permission names a data set and covers its versions: those who gave "
	  "it were not told of a new field that is not ordinary.",
	  "Give the field in a data set of its own, which is asked for anew." },
	{ "E264", "A version is no longer kept",
	  "Recipients that know only that version are refused, or given another "
	  "unasked.",
	  "Keep its schema and its SELECT beside, as NAME@1.schema.json and "
	  "DATASET@1.sql, with x-deprecated and x-sunset." },
	/* ---- guichet's own database ---- */
	{ "E301", "Guichet's own database gives no answer",
	  "It cannot be reached, or refuses the role.",
	  "Look at [database] url, and whether that PostgreSQL runs." },
	{ "E302", "An applied migration was changed",
	  "The file in this program is not the one that was run.",
	  "Run the program that made the database, or a newer release." },
	{ "E303", "A migration failed",
	  "Nothing of it was kept: each is one transaction.",
	  "Mend the cause, and migrate again." },
	{ "E304", "The database is older than this program",
	  "Its tables lack what we need.", "`guichet migrate` brings it there." },
	{ "E305", "The database is newer than this program",
	  "A newer guichet has changed its tables.", "Install a newer guichet." },
	{ "E306", "The clocks differ",
	  "Tokens, proofs and the journal's times are compared with both clocks.",
	  "Let this machine and the database's follow the same time service." },
	{ "E307", "The database's disk is full",
	  "PostgreSQL can write nothing: consents and journal lines are refused, "
	  "so that no record leaves without its trace.",
	  "Give it room. Nothing has to be repaired: what was refused is asked "
	  "again." },
	{ "E309", "The journal contradicts its own past",
	  "This database does not continue the last checkpoint that this host's "
	  "signer keeps: most likely an older backup was restored, or another "
	  "host's notes were put here. Nothing is signed, lines wait in order.",
	  "Bring the newer data back (docs/how-to/back-up-and-restore.md). If they "
	  "are lost, that page tells how to go on, and what to tell your auditors: "
	  "what was signed and is no longer there." },
	{ "E308", "The last checkpoint cannot be kept",
	  "The signer's directory of notes ([journal] notes_dir) cannot be read or "
	  "written: its disk is full, or it belongs to another user. Nothing is "
	  "signed until it can; lines wait in order.",
	  "Give it room, or chown it to the user that runs the signer." },
	{ "E311", "The roles apart are not as they must be",
	  "[database] roles = NAME means NAME_app, NAME_sequencer, NAME_auditor and "
	  "NAME_dpo: each process connects as its own, and may do no more.",
	  "Have them made and let in (docs/how-to/install.md), then `guichet "
	  "migrate` grants them their tables." },
	{ "E312", "A witness refuses the journal",
	  "It remembers a longer journal, or another one, than this database holds: "
	  "an older backup was restored, or the journal was altered.",
	  "As for E309 (docs/how-to/back-up-and-restore.md). What the witness keeps "
	  "is evidence: ask its holder to keep it." },
	{ "E313", "A time-stamp is refused",
	  "What [journal] timestamp_url answered does not answer what was asked, or "
	  "its signature does not lead to timestamp_ca_file. It is not kept.",
	  "Compare timestamp_ca_file with what the authority publishes today; it "
	  "may have changed its certificate." },
	{ "E310", "A role or a database cannot be made",
	  "`guichet init --admin URL` connects as that administrator.",
	  "Give the URL of a role that may create both, or have them made." },
	{ "E314", "The folder of an adapter cannot be made",
	  "`guichet init` makes, for each source that [sources] names, a folder "
	  "below [catalogue] adapters with a source.conf in it.",
	  "Let this user write there, or name another directory." },
	/* ---- the synthetic organisation ---- */
	{ "E401", "The tables of a synthetic sector cannot be read",
	  "organisation.sql of that sector is not where it was looked for.",
	  "Name the file by --tables FILE." },
	{ "E402", "The tables of a synthetic sector are too long",
	  "The file is over a megabyte: it is perhaps not the one you meant.",
	  "Name the sector's organisation.sql by --tables FILE." },
	{ "E403", "A database refused the synthetic organisation",
	  "It holds something already, or the role may not make schemas in it. "
	  "Nothing was kept: it is one transaction.",
	  "Give an empty database and its owner." },
	{ "E404", "No synthetic sector has that name",
	  "There are six: energy, telecom, insurance, bank, retail, mobility.",
	  "Say one of them." },
	{ "E405", "The database to fill cannot be reached",
	  "The URL after --to is wrong, or that PostgreSQL does not run.",
	  "Try the same URL with psql." },
	{ "E406", "A file of records cannot be written",
	  "guichet synth could not make or fill a file in the directory named by "
	  "--to ndjson:DIR or csv:DIR.",
	  "Name a directory that you may write to, on a disk with room." },
	/* ---- the self-test ---- */
	{ "E501", "The gateway of this host was not reached",
	  "Nothing listens there, its certificate does not name the host of "
	  "public_url, or it is of an authority that is not trusted here.",
	  "Start it; `guichet doctor` looks at the certificate; --ca names an "
	  "authority." },
	{ "E502", "The self-test could not be prepared",
	  "Our own database did not do what it was asked.",
	  "`guichet doctor` looks at it." },
	{ "E503", "The self-test's consent was not given",
	  "The customer of [selftest] may not take part, the source that says so "
	  "is away, or the recipient guichet-selftest is suspended.",
	  "The message quotes the answer; the gateway's log says more." },
	{ "E504", "A data set cannot be read as its schema says",
	  "Its source is away, a GRANT is missing, or a record breaks its schema.",
	  "`guichet check` says which." },
	{ "E505", "A token outlived its consent",
	  "A second after the withdrawal it still opened records, or something "
	  "else than a refusal was answered.",
	  "Stop this gateway until it is known why." },
	{ "E506", "The self-test's lines are not proven",
	  "They are missing, have no place, are not signed, or the proof fails.",
	  "Look at the journal role and the signer; `guichet journal verify`." },
};

static void
tell(size_t i)
{
	printf("%s: %s\n\n  %s\n\n  What to do: %s\n", codes[i].code,
	    codes[i].title, codes[i].cause, codes[i].cure);
}

static void
tell_json(struct jw *w, size_t i)
{
	jw_object(w);
	jw_str_member(w, "code", codes[i].code);
	jw_str_member(w, "title", codes[i].title);
	jw_str_member(w, "cause", codes[i].cause);
	jw_str_member(w, "cure", codes[i].cure);
	jw_end_object(w);
}

/* "e204" and "E204" alike; countof(codes): unknown */
static size_t
find(const char *code)
{
	size_t i = 0;

	while (i < countof(codes) && strcasecmp(codes[i].code, code) != 0)
		i++;
	return i;
}

static int
unknown(const char *code)
{
	const char *names[countof(codes)], *near;

	for (size_t i = 0; i < countof(codes); i++)
		names[i] = codes[i].code;
	near = nearest(code, names, countof(codes));
	fprintf(stderr, "guichet explain: there is no code %s", code);
	if (near != NULL)
		fprintf(stderr, "; perhaps you meant %s", near);
	fputs("; `guichet explain` lists them\n", stderr);
	return EX_USAGE;
}

static void
list_all(bool json, struct jw *w)
{
	for (size_t i = 0; i < countof(codes); i++)
		if (json)
			tell_json(w, i);
		else
			printf("%s  %s\n", codes[i].code, codes[i].title);
}

static int
run(int argc, char **argv)
{
	struct common common;
	int n = command_args(&command_explain, &common, NULL, argc, argv);
	struct buf b;
	struct jw w;

	for (int i = 0; i < n; i++)
		if (find(argv[i]) == countof(codes))
			return unknown(argv[i]);
	buf_init(&b);
	jw_init(&w, &b);
	jw_array(&w);
	if (n == 0)
		list_all(common.json, &w);
	for (int i = 0; i < n; i++)
		if (common.json)
			tell_json(&w, find(argv[i]));
		else
			tell(find(argv[i]));
	jw_end_array(&w);
	if (common.json)
		puts(b.data);
	buf_clear(&b);
	return EX_OK;
}
