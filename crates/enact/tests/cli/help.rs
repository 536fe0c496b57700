//! Every `--help`, at 80 columns.

use crate::kit::env;
use crate::said;

fn help(words: &str) -> String {
    let env = env();
    let output = env.enact(words.split_whitespace().chain(["--help"]));
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    let widest = output.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{}", output.stdout);
    output.stdout
}

#[test]
fn of_the_program() {
    said!(env(), help(""), @r"
        Change control for PostgreSQL schemas

        Usage: enact [OPTIONS] <COMMAND>

        Commands:
          init       Make a new repository: enact.toml and a migration directory
          new        Write the next migration and its rollback, or a pattern's series
          validate   Check every migration file without a database
          lint       Find what would stop the application, lose data or fail
          test       Prove in a sandbox that each rollback restores what was there
          explain    Show what each statement locks, rewrites and scans, by trying it
          status     Show where a target stands
          plan       Show what `apply`, `rollback` or `redo` would do, and change
                     nothing
          apply      Apply pending migrations
          rollback   Undo the newest migration
          redo       Undo the newest migration and apply it again
          verify     Verify the ledger, its guards and the schema
          history    Show what the ledger says happened
          drift      Show the objects that differ from the recorded schema
          backfill   Look at backfills, pause them, let them go on
          enrol      Say which target a database is
          release    Release the core: prove it, and write an immutable package
          pin        Pin the core to one release
          outdated   Show newer core releases, hotfixes first
          conflicts  Find what this extension does to the core
          impact     Find what a core release would break, before it is adopted or even
                     tagged
          baseline   Adopt a database whose schema was made by other means
          amend      Accept that comments or white space of an applied file were edited
          export     Write the ledger as a bundle, and a checkpoint to keep elsewhere
          receipt    Write where a target stands, for where it cannot be seen
          compare    Find the databases whose core is not like the others'
          recorder   Note who changes the schema outside Enact's runs
          sandbox    Work with a private, throw-away PostgreSQL
          demo       Show the main job on a private PostgreSQL, without questions

        Options:
          -V, --version  Print version

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help

        Each option can be given as a variable too: --lock-wait is ENACT_LOCK_WAIT.
        A flag wins over a variable, that over .env, that over enact.toml.
        ");
}

#[test]
fn of_init() {
    said!(env(), help("init"), @r"
        Make a new repository: enact.toml and a migration directory

        NAME is `core` for the core repository, else the sponsor's name, such as
        `orion`. Files that exist stay as they are.

        Usage: enact init [OPTIONS] <NAME> [FOLDER]

        Arguments:
          <NAME>    `core`, or the sponsor's name: a-z, 0-9 and _
          [FOLDER]  Folder to write into [default: the current one]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_new() {
    said!(env(), help("new"), @r"
        Write the next migration and its rollback, or a pattern's series

        From the templates, with what is left to fill in marked; `enact validate` names
        each place. With --pattern complete, from the schema that the migrations make in
        a sandbox, or from the catalog of the target that is named with --env or
        --database-url.

        Usage: enact new [OPTIONS] [WORDS]...

        Arguments:
          [WORDS]...  A few words, such as `add device info`

        Options:
              --ticket <TICKET>  Ticket for the header
              --person <NAME>    Person to record [default: as git knows you]

        Pattern:
              --pattern <PATTERN>     Write the series of migrations of this pattern
                                      [possible values: add-column, add-not-null,
                                      rename-column, change-type, add-foreign-key,
                                      add-unique, add-index, drop-column, rename-table,
                                      split-table]
              --table <TABLE>         The table, such as app.visit
              --column <NAME>         Its column
              --columns <NAMES>       Its columns, separated by commas
              --to <NAME>             The new name of column or table
              --into <NAME>           The new table that columns move into
              --type <TYPE>           Type of the column
              --default <EXPRESSION>  Default of a new column
              --not-null              A new column must hold a value
              --value <EXPRESSION>    What rows without a value are filled with
              --using <EXPRESSION>    The value in its new type [default: a cast]
              --back <EXPRESSION>     The value in its former type again [default: a
                                      cast]
              --references <KEY>      What a foreign key refers to, such as
                                      'app.site(id)'
              --on-delete <ACTION>    What a foreign key does when that goes, such as
                                      'set null'
              --where <CONDITION>     Which rows an index holds
              --method <METHOD>       How an index works, such as gin [default: btree]
              --unique                An index lets no two rows be alike
              --name <NAME>           Name of index or constraint [default: made from
                                      the columns]
              --comment <TEXT>        Comment on a new column
              --base <FOLDER>         Folder of a repository to apply first, such as
                                      core (can be repeated)

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_validate() {
    said!(env(), help("validate"), @r"
        Check every migration file without a database

        Reports every problem at once, each with its place and mend. Exit code 30 if
        there is any.

        Usage: enact validate [OPTIONS]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_explain() {
    said!(env(), help("explain"), @r"
        Show what each statement locks, rewrites and scans, by trying it

        Runs migrations in a sandbox that holds the schema of just before each: all of
        them, or those that are pending where a target is named with --env or
        --database-url. Of a target it only reads statistics, to estimate how long each
        lock would be held. Exit code 35 if a migration fails, 37 if a rollback.

        Usage: enact explain [OPTIONS] [[STREAM:]NNN]

        Arguments:
          [[STREAM:]NNN]  Only this migration

        Options:
              --rollback       The rollback instead; with a target and no number, of the
                               newest
              --base <FOLDER>  Folder of a repository to apply first, such as core (can
                               be repeated)

        Sizes:
              --against <ENV>  Flag tables that make a lock long at the target, and not
                               in this environment
              --measure        Read a piece of each locked table at the target (64 MiB,
                               a second at most) to know how fast it is

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_status() {
    said!(env(), help("status"), @r"
        Show where a target stands

        Reads only; a role that may only read suffices.

        Usage: enact status [OPTIONS]

        Options:
              --exit-code  Leave with exit code 4 when migrations are pending

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_lint() {
    said!(env(), help("lint"), @r"
        Find what would stop the application, lose data or fail

        Reads the files: all of them, the migrations named, or those changed since a
        revision of git; and the schema of a target, if one is named, for what is not in
        force there. --format knows sarif, github and gitlab too. Exit code 31 if a
        finding reaches `fail` of [lint] in enact.toml, which is error.

        Usage: enact lint [OPTIONS] [[STREAM:]NNN]...

        Arguments:
          [[STREAM:]NNN]...  Only these migrations, each with its rollback

        Options:
              --since <REV>    Only what was changed since this revision of git, such as
                               origin/main
              --sandbox        Run them in a sandbox too, and compare with what is seen
                               there
              --base <FOLDER>  With --sandbox: folder of a repository to apply first,
                               such as core (can be repeated)

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_test() {
    said!(env(), help("test"), @r"
        Prove in a sandbox that each rollback restores what was there

        For every migration: apply, roll back, compare, apply again, compare; with
        fixtures loaded the rows are compared too. Then the SQL tests run. Exit code 37
        if a rollback does not restore, 35 if a migration fails.

        Usage: enact test [OPTIONS]

        Options:
              --only <[STREAM:]NNN>  Only this migration (can be repeated); SQL tests
                                     are left out then
              --base <FOLDER>        Folder of a repository to apply first, such as core
                                     (can be repeated)
              --allow-column-order   Let a rollback pass that restores all but the order
                                     of columns
              --junit <FILE>         Also write the result as JUnit XML

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_plan() {
    said!(env(), help("plan"), @r"
        Show what `apply`, `rollback` or `redo` would do, and change nothing

        Writes nothing and takes no lock; a role that may only read suffices.

        Usage: enact plan [OPTIONS] [WHAT]

        Arguments:
          [WHAT]  What to plan: apply, rollback, redo [default: apply]

        Options:
              --sql            Write the SQL script that would run, for review
              --explain        Try the steps in a sandbox and say what each locks, and
                               for how long
              --base <FOLDER>  Folder of a repository to apply first, such as core (can
                               be repeated)

        Sizes:
              --against <ENV>  Flag tables that make a lock long at the target, and not
                               in this environment
              --measure        Read a piece of each locked table at the target (64 MiB,
                               a second at most) to know how fast it is

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs
              --to <[STREAM:]NNN>   Number to stand at afterwards: 005, core:005
              --steps <N>           How many migrations at most

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_apply() {
    said!(env(), help("apply"), @r"
        Apply pending migrations

        All of them, or as many as --to or --steps say. Each migration takes effect
        wholly and with its record in one transaction, or not at all; one that holds
        statements PostgreSQL refuses in a transaction goes segment by segment, and a
        later `apply` continues where it stopped.

        Usage: enact apply [OPTIONS]

        Options:
              --to <[STREAM:]NNN>  Number to stand at afterwards: 005, core:005
              --steps <N>          How many migrations at most

        Decisions:
              --receipt <FILE>         What the environment before shows, where it
                                       cannot be asked from here
          -y, --yes                    Agree beforehand, also on a protected target
              --dry-run                Show what would be done, and to which data;
                                       change nothing
              --accept-drift <REASON>  Go on although the schema has drifted; recorded
              --resolve <WHAT>         Settle an unknown outcome: done, again
              --reason <TEXT>          How you know; recorded with --resolve
              --person <NAME>          Person to record [default: as git knows you]

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Waiting:
              --lock-wait <TIME>
                  How long to wait for another run to end [default: [DURATION]]
              --lock-timeout <TIME>
                  How long one try waits for a lock [default: [DURATION]]
              --retry-budget <TIME>
                  How long one step tries again for its locks [default: [DURATION]]
              --cancel-blockers <TIME>
                  Cancel who is in the way of a lock after this time [default: never]
              --statement-timeout <TIME>
                  How long one statement may run [default: no limit]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_rollback() {
    said!(env(), help("rollback"), @r"
        Undo the newest migration

        One step unless --to or --steps say more. Lists what it will run and asks.

        Usage: enact rollback [OPTIONS]

        Options:
              --to <[STREAM:]NNN>  Number to stand at afterwards: 005, core:005
              --steps <N>          How many migrations at most

        Decisions:
              --accept-changed-rollback
                  Run a rollback that was edited since its migration was applied
          -y, --yes
                  Agree beforehand, also on a protected target
              --dry-run
                  Show what would be done, and to which data; change nothing
              --accept-drift <REASON>
                  Go on although the schema has drifted; recorded
              --resolve <WHAT>
                  Settle an unknown outcome: done, again
              --reason <TEXT>
                  How you know; recorded with --resolve
              --person <NAME>
                  Person to record [default: as git knows you]

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Waiting:
              --lock-wait <TIME>
                  How long to wait for another run to end [default: [DURATION]]
              --lock-timeout <TIME>
                  How long one try waits for a lock [default: [DURATION]]
              --retry-budget <TIME>
                  How long one step tries again for its locks [default: [DURATION]]
              --cancel-blockers <TIME>
                  Cancel who is in the way of a lock after this time [default: never]
              --statement-timeout <TIME>
                  How long one statement may run [default: no limit]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_redo() {
    said!(env(), help("redo"), @r"
        Undo the newest migration and apply it again

        For work on a migration that no shared target has yet. Lists what it will run
        and asks.

        Usage: enact redo [OPTIONS]

        Decisions:
              --accept-changed-rollback
                  Run a rollback that was edited since its migration was applied
          -y, --yes
                  Agree beforehand, also on a protected target
              --dry-run
                  Show what would be done, and to which data; change nothing
              --accept-drift <REASON>
                  Go on although the schema has drifted; recorded
              --resolve <WHAT>
                  Settle an unknown outcome: done, again
              --reason <TEXT>
                  How you know; recorded with --resolve
              --person <NAME>
                  Person to record [default: as git knows you]

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Waiting:
              --lock-wait <TIME>
                  How long to wait for another run to end [default: [DURATION]]
              --lock-timeout <TIME>
                  How long one try waits for a lock [default: [DURATION]]
              --retry-budget <TIME>
                  How long one step tries again for its locks [default: [DURATION]]
              --cancel-blockers <TIME>
                  Cancel who is in the way of a lock after this time [default: never]
              --statement-timeout <TIME>
                  How long one statement may run [default: no limit]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_verify() {
    said!(env(), help("verify"), @r"
        Verify the ledger, its guards and the schema

        Without --known the ledger can only be shown to agree with itself: exit code 3.
        A checkpoint kept elsewhere, as `enact export` writes it, also excludes that its
        end was cut or all of it rewritten: exit code 0.

        Usage: enact verify [OPTIONS]

        Options:
              --known <FILE>   Checkpoint kept elsewhere (can be repeated)
              --bundle <FILE>  Verify an exported bundle instead of a database

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_history() {
    said!(env(), help("history"), @r"
        Show what the ledger says happened

        Reads only; a role that may only read suffices.

        Usage: enact history [OPTIONS]

        Options:
              --limit <N>  Show the last N entries alone

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_drift() {
    said!(env(), help("drift"), @r"
        Show the objects that differ from the recorded schema

        Reads only. Exit code 33 if there are any.

        Usage: enact drift [OPTIONS]

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_baseline() {
    said!(env(), help("baseline"), @r"
        Adopt a database whose schema was made by other means

        Records the migrations up to --to as in force without running them. First makes
        the same schema from the files in a sandbox, and refuses if the database
        differs.

        Usage: enact baseline [OPTIONS] --to <[STREAM:]NNN> --reason <TEXT>

        Options:
              --to <[STREAM:]NNN>   Last migration whose effect is already there
              --reason <TEXT>       Why; recorded
              --accept-differences  Adopt although the database differs from the files
              --no-compare          Do not compare with a sandbox
          -y, --yes                 Agree beforehand, also on a protected target
              --lock-wait <TIME>    How long to wait for another run to end [default:
                                    [DURATION]]
              --person <NAME>       Person to record [default: as git knows you]

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_export() {
    said!(env(), help("export"), @r"
        Write the ledger as a bundle, and a checkpoint to keep elsewhere

        The bundle can be verified without a database (`enact verify --bundle`). The
        checkpoint, kept where the database's superuser cannot reach it, is what later
        proves that nothing was cut or rewritten.

        Usage: enact export [OPTIONS]

        Options:
          -o, --out <FILE>         File for the bundle [default: stdout]
              --checkpoint <FILE>  File for the closing checkpoint

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_sandbox() {
    said!(env(), help("sandbox"), @r"
        Work with a private, throw-away PostgreSQL

        Usage: enact sandbox [OPTIONS] <COMMAND>

        Commands:
          run  Run a command with DATABASE_URL of a fresh, empty database

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_sandbox_run() {
    said!(env(), help("sandbox run"), @r"
        Run a command with DATABASE_URL of a fresh, empty database

        The PG* variables are set too. The database is gone when the command ends, and
        its exit code is the command's own.

        Usage: enact sandbox run [OPTIONS] -- <COMMAND>...

        Arguments:
          <COMMAND>...  The command and its arguments

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn both_forms_are_one() {
    let env = env();
    let (long, short) = (env.enact(["apply", "--help"]), env.enact(["apply", "-h"]));
    assert_eq!(long, short);
}

#[test]
fn of_demo() {
    said!(env(), help("demo"), @r"
        Show the main job on a private PostgreSQL, without questions

        Proves, applies, fails, rolls back, drifts and verifies the clinical diary, a
        worked example that this program carries. Touches nothing else.

        Usage: enact demo [OPTIONS]

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_enrol() {
    said!(env(), help("enrol"), @r"
        Say which target a database is

        Writes project, environment and place into its ledger, and its identity into
        enact.targets.toml. From then on a run is refused (42) where the database is
        another one: swapped URLs, a copy, a restored backup. The first run with --env
        writes the ledger's part by itself.

        Usage: enact enrol [OPTIONS]

        Options:
              --moved             It is the enrolled one, in another place than before
              --copy              It was copied from another target and is one of its
                                  own from now on
              --reason <TEXT>     Why; recorded
          -y, --yes               Agree beforehand, also on a protected target
              --lock-wait <TIME>  How long to wait for another run to end [default: [DURATION]]
              --person <NAME>     Person to record [default: as git knows you]

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_amend() {
    said!(env(), help("amend"), @r"
        Accept that comments or white space of an applied file were edited

        Records the file's new digest, with a reason, as a new entry. An edit that
        changes what the file does is never accepted (32): it is a new migration.

        Usage: enact amend [OPTIONS] --reason <TEXT> [[STREAM:]NNN]...

        Arguments:
          [[STREAM:]NNN]...  Migrations whose files were edited [default: all that were]

        Options:
              --reason <TEXT>     Why; recorded
          -y, --yes               Agree beforehand, also on a protected target
              --lock-wait <TIME>  How long to wait for another run to end [default: [DURATION]]
              --person <NAME>     Person to record [default: as git knows you]

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_release() {
    said!(env(), help("release"), @r"
        Release the core: prove it, and write an immutable package

        Refuses unless the files are valid, lint finds nothing at its failing level,
        every rollback is proven, and what was released before is as it was. Writes a
        folder and an archive that npm installs; the same files give the same bytes.

        Usage: enact release [OPTIONS] [VERSION]
               enact release <COMMAND>

        Commands:
          diff  Show what one release brings beyond another

        Arguments:
          [VERSION]  Version of the release, such as 1.3.0

        Options:
          -o, --out <FOLDER>  Folder of releases [default: `folder` of [release], else
                              releases]

        Hotfix:
              --hotfix          It mends something that cannot wait
              --severity <HOW>  How bad it is not to have it: low, moderate, high,
                                critical
              --reason <TEXT>   Why; stated in the release

        Sandbox:
              --prove-on <N>        Prove it on this major version (can be repeated)
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
    said!(env(), help("release diff"), @r"
        Show what one release brings beyond another

        Migrations with their statements and locks, and the objects that differ.

        Usage: enact release diff [OPTIONS] <FROM> <TO>

        Arguments:
          <FROM>  Folder or archive of a release
          <TO>    Folder or archive of a later one

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_pin() {
    said!(env(), help("pin"), @r"
        Pin the core to one release

        Takes the highest release that [core] asks for and writes it, with the digest of
        every file, into enact.lock. `enact apply` accepts only what stands there.

        Usage: enact pin [OPTIONS]

        Options:
              --check            Write nothing: check that enact.lock, the range and the
                                 release agree
              --allow-downgrade  Take a lower version than the one that is pinned

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
    said!(env(), help("outdated"), @r"
        Show newer core releases, hotfixes first

        Usage: enact outdated [OPTIONS]

        Options:
              --exit-code  Leave with exit code 4 when there are any

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_conflicts() {
    said!(env(), help("conflicts"), @r"
        Find what this extension does to the core

        Looks twice: at the statements, and in a sandbox that holds the core. Where they
        differ the sandbox decides, and the difference is shown. Views, functions and
        foreign keys that depend on the core are allowed, and listed. Exit code 38 if
        the extension changes the core without the core team's leave.

        Usage: enact conflicts [OPTIONS]

        Options:
              --base <FOLDER>  Folder of the core's repository, instead of the release
                               that is pinned

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
    said!(env(), help("impact"), @r"
        Find what a core release would break, before it is adopted or even tagged

        Replays it in a sandbox over extensions, both on a database that has them
        already and on a new one: migrations that would fail, rollbacks that no longer
        work, extensions that would change the core. Exit code 38 if there are any.

        Usage: enact impact [OPTIONS] <RELEASE>

        Arguments:
          <RELEASE>  Folder or archive of a release, or the core's repository

        Options:
              --extensions <FOLDER>...  Repositories of sponsors, for the core team
                                        [default: this repository]

        Sandbox:
              --scratch-url <URL>   Use databases of this server, not a private one
              --pg-major <N>        PostgreSQL's major version [default: newest]
              --pg-bindir <FOLDER>  Folder of PostgreSQL's server programs

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_compare() {
    said!(env(), help("compare"), @r"
        Find the databases whose core is not like the others'

        Databases at the same core version must have the same core. Compares
        environments of enact.toml, and receipts of databases that cannot be reached
        from here, and names the objects in which they differ. Reads only. Exit code 33
        if there are any.

        Usage: enact compare [OPTIONS] [ENV]...

        Arguments:
          [ENV]...  Environments of enact.toml

        Options:
              --receipts <FILE>...  Receipts, as `enact receipt` writes them
              --release <FOLDER>    Folder of the release that says what the core must
                                    be

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_receipt() {
    said!(env(), help("receipt"), @r"
        Write where a target stands, for where it cannot be seen

        One JSON document: what is in force, in which runs, with which digests, and the
        digest of every object; no data. Reads only.

        Usage: enact receipt [OPTIONS]

        Options:
          -o, --out <FILE>  File for the receipt [default: stdout]

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_recorder() {
    said!(env(), help("recorder"), @r"
        Note who changes the schema outside Enact's runs

        Event triggers write into a table of schema enact who ran which command on which
        object, when and from where; never the command's text. `drift`, `status` and
        `verify` then name authors. Installing takes a superuser's rights.

        Usage: enact recorder [OPTIONS] <COMMAND>

        Commands:
          install  Put the recorder up
          remove   Take it down; what it noted stays
          status   Show whether it is at work, and what it noted of late

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}

#[test]
fn of_recorder_install() {
    said!(env(), help("recorder install"), @r"
        Put the recorder up

        Usage: enact recorder install [OPTIONS]

        Options:
          -y, --yes  Agree beforehand, also on a protected target

        Target:
          -e, --env <NAME>          Environment of enact.toml, such as staging
              --database-url <URL>  Connection string [default: DATABASE_URL, PG*]

        Global options:
              --format <FORMAT>  Result as text, or as one JSON document: text, json
              --color <WHEN>     Colour: auto, always, never
          -q, --quiet            Show the result and errors alone
          -v, --verbose          Show more, such as the server's notices
              --config <FILE>    Use this enact.toml instead of the nearest one
          -h, --help             Print help
        ");
}
