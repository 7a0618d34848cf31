//! What may be called, cast to and read: lists, each entry with why it is special where it is.

/// What a function's value is made from; lineage lives on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    /// Its arguments, in another form.
    Arguments,
    /// One of its arguments, whole: as it was, but for capitals and the white space around it.
    Whole,
    /// How many there are.
    Count,
    /// A sum or a mean of many.
    Total,
    /// One of its arguments' values.
    Pick,
    /// A place in an order.
    Rank,
    /// Something of its own, which has a floor of its own under `[function]`.
    Own,
    /// A property of the server, which has a floor of its own under `[property]`.
    Property,
}

/// Where a function can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Never,
    May,
    Must,
}

/// A function of the server's own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Builtin {
    pub name: &'static str,
    pub least: usize,
    pub most: usize,
    pub gives: Gives,
    pub over: Over,
}

const fn function(name: &'static str, least: usize, most: usize, gives: Gives, over: Over) -> Builtin {
    Builtin { name, least, most, gives, over }
}

const fn scalar(name: &'static str, least: usize, most: usize) -> Builtin {
    function(name, least, most, Gives::Arguments, Over::Never)
}

const fn whole(name: &'static str, least: usize, most: usize) -> Builtin {
    function(name, least, most, Gives::Whole, Over::Never)
}

const fn own(name: &'static str, least: usize, most: usize) -> Builtin {
    function(name, least, most, Gives::Own, Over::Never)
}

const fn many(name: &'static str, gives: Gives) -> Builtin {
    function(name, 1, 1, gives, Over::May)
}

/// A list of this length says all that a statement needs; more is a table in disguise.
const LIST: usize = 64;

static BUILTINS: &[Builtin] = &[
    many("COUNT", Gives::Count),
    many("COUNT_BIG", Gives::Count),
    many("SUM", Gives::Total),
    many("AVG", Gives::Total),
    many("STDEV", Gives::Total),
    many("STDEVP", Gives::Total),
    many("VAR", Gives::Total),
    many("VARP", Gives::Total),
    many("MIN", Gives::Pick),
    many("MAX", Gives::Pick),
    function("STRING_AGG", 2, 2, Gives::Arguments, Over::Never),
    function("ROW_NUMBER", 0, 0, Gives::Rank, Over::Must),
    function("RANK", 0, 0, Gives::Rank, Over::Must),
    function("DENSE_RANK", 0, 0, Gives::Rank, Over::Must),
    function("NTILE", 1, 1, Gives::Rank, Over::Must),
    function("LAG", 1, 3, Gives::Whole, Over::Must),
    function("LEAD", 1, 3, Gives::Whole, Over::Must),
    function("FIRST_VALUE", 1, 1, Gives::Whole, Over::Must),
    function("LAST_VALUE", 1, 1, Gives::Whole, Over::Must),
    whole("ISNULL", 2, 2),
    whole("COALESCE", 2, LIST),
    whole("NULLIF", 2, 2),
    scalar("ABS", 1, 1),
    scalar("CEILING", 1, 1),
    scalar("FLOOR", 1, 1),
    scalar("ROUND", 2, 3),
    scalar("SIGN", 1, 1),
    scalar("SQRT", 1, 1),
    scalar("POWER", 2, 2),
    scalar("LOG", 1, 2),
    scalar("EXP", 1, 1),
    scalar("LEN", 1, 1),
    scalar("DATALENGTH", 1, 1),
    whole("LOWER", 1, 1),
    whole("UPPER", 1, 1),
    whole("LTRIM", 1, 1),
    whole("RTRIM", 1, 1),
    whole("TRIM", 1, 1),
    scalar("LEFT", 2, 2),
    scalar("RIGHT", 2, 2),
    scalar("SUBSTRING", 3, 3),
    scalar("CHARINDEX", 2, 3),
    scalar("PATINDEX", 2, 2),
    scalar("REPLACE", 3, 3),
    scalar("STUFF", 4, 4),
    scalar("CONCAT", 2, LIST),
    scalar("REVERSE", 1, 1),
    scalar("ASCII", 1, 1),
    scalar("UNICODE", 1, 1),
    // A hash of 32 bits that anyone can compute is no pseudonym: it keeps the floor of what it hashes.
    scalar("CHECKSUM", 1, LIST),
    scalar("ISNUMERIC", 1, 1),
    scalar("YEAR", 1, 1),
    scalar("MONTH", 1, 1),
    scalar("DAY", 1, 1),
    scalar("EOMONTH", 1, 2),
    scalar("DATEFROMPARTS", 3, 3),
    own("GETDATE", 0, 0),
    own("GETUTCDATE", 0, 0),
    own("SYSUTCDATETIME", 0, 0),
    // With an argument these two name other databases.
    own("DB_ID", 0, 0),
    own("DB_NAME", 0, 0),
    // The second argument is a database; `rules` sees to it that it is this one.
    own("OBJECT_NAME", 1, 2),
    own("SCHEMA_NAME", 1, 1),
    function("SERVERPROPERTY", 1, 1, Gives::Property, Over::Never),
];

/// The function of that name.
pub(crate) fn builtin(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $type { $($variant),+ }

        impl $type {
            pub(crate) fn of(text: &str) -> Option<Self> {
                $(if text.eq_ignore_ascii_case($text) { return Some(Self::$variant); })+
                None
            }

            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

words! {
    /// Functions whose first argument is a unit of time.
    DateFunction { Add = "DATEADD", Diff = "DATEDIFF", DiffBig = "DATEDIFF_BIG", Part = "DATEPART", Name = "DATENAME" }
}

impl DateFunction {
    /// How many arguments follow the unit.
    pub(crate) const fn arguments(self) -> usize {
        match self {
            Self::Add | Self::Diff | Self::DiffBig => 2,
            Self::Part | Self::Name => 1,
        }
    }
}

words! {
    /// Units of time, from short to long as far as they can be compared.
    DatePart {
        Nanosecond = "nanosecond", Microsecond = "microsecond", Millisecond = "millisecond", Second = "second",
        Minute = "minute", Hour = "hour", Weekday = "weekday", Day = "day", DayOfYear = "dayofyear",
        Week = "week", IsoWeek = "iso_week", Month = "month", Quarter = "quarter", Year = "year",
    }
}

words! {
    /// The names of data types.
    TypeName {
        Bit = "bit", TinyInt = "tinyint", SmallInt = "smallint", Int = "int", BigInt = "bigint",
        Float = "float", Real = "real", Decimal = "decimal", Numeric = "numeric",
        Date = "date", DateTime = "datetime", DateTime2 = "datetime2", SmallDateTime = "smalldatetime",
        DateTimeOffset = "datetimeoffset", Time = "time", UniqueIdentifier = "uniqueidentifier",
        Char = "char", VarChar = "varchar", NChar = "nchar", NVarChar = "nvarchar",
    }
}

/// A type and its length or precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SqlType {
    pub name: TypeName,
    pub size: Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    None,
    Max,
    One(u64),
    Two(u64, u64),
}

impl SqlType {
    /// The type, if it can have this size.
    pub(crate) fn new(name: TypeName, size: Size) -> Option<Self> {
        use TypeName as T;
        let fits = match (name, size) {
            (T::VarChar | T::NVarChar, Size::Max) => true,
            // Without a length a cast cuts at 30 characters, silently: the author has to say it.
            (T::Char | T::VarChar, Size::One(length)) => (1..=8000).contains(&length),
            (T::NChar | T::NVarChar, Size::One(length)) => (1..=4000).contains(&length),
            (T::Char | T::VarChar | T::NChar | T::NVarChar, _) => false,
            (_, Size::None) => true,
            (T::Decimal | T::Numeric, Size::One(precision)) => (1..=38).contains(&precision),
            (T::Decimal | T::Numeric, Size::Two(precision, scale)) => {
                (1..=38).contains(&precision) && scale <= precision
            }
            (T::Float, Size::One(bits)) => (1..=53).contains(&bits),
            (T::DateTime2 | T::DateTimeOffset | T::Time, Size::One(digits)) => digits <= 7,
            _ => false,
        };
        fits.then_some(Self { name, size })
    }
}

/// Which right of the server a system view asks for, beyond SELECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    None,
    DatabaseState,
    ServerState,
}

/// A system view that may be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct System {
    pub schema: &'static str,
    pub name: &'static str,
    pub right: Right,
    /// Whether it has rows of every database, and a column `database_id` to tell them apart.
    pub server_wide: bool,
}

const fn sys(name: &'static str, right: Right, server_wide: bool) -> System {
    System { schema: "sys", name, right, server_wide }
}

const fn information(name: &'static str) -> System {
    System { schema: "INFORMATION_SCHEMA", name, right: Right::None, server_wide: false }
}

static SYSTEM: &[System] = &[
    sys("tables", Right::None, false),
    sys("views", Right::None, false),
    sys("columns", Right::None, false),
    sys("objects", Right::None, false),
    sys("schemas", Right::None, false),
    sys("types", Right::None, false),
    sys("indexes", Right::None, false),
    sys("index_columns", Right::None, false),
    sys("stats", Right::None, false),
    sys("partitions", Right::None, false),
    sys("allocation_units", Right::None, false),
    sys("procedures", Right::None, false),
    sys("triggers", Right::None, false),
    sys("foreign_keys", Right::None, false),
    sys("key_constraints", Right::None, false),
    sys("internal_tables", Right::None, false),
    sys("service_queues", Right::None, false),
    sys("filegroups", Right::None, false),
    sys("database_files", Right::None, false),
    sys("database_scoped_configurations", Right::None, false),
    sys("change_tracking_tables", Right::None, false),
    sys("configurations", Right::None, false),
    sys("dm_db_partition_stats", Right::DatabaseState, false),
    sys("dm_db_file_space_usage", Right::DatabaseState, false),
    sys("dm_db_log_space_usage", Right::DatabaseState, false),
    sys("dm_os_sys_info", Right::ServerState, false),
    sys("dm_os_sys_memory", Right::ServerState, false),
    sys("dm_os_process_memory", Right::ServerState, false),
    sys("databases", Right::None, true),
    sys("change_tracking_databases", Right::None, true),
    sys("dm_exec_procedure_stats", Right::ServerState, true),
    sys("dm_exec_trigger_stats", Right::ServerState, true),
    sys("dm_db_index_usage_stats", Right::ServerState, true),
    sys("dm_db_missing_index_details", Right::ServerState, true),
    sys("dm_hadr_database_replica_states", Right::ServerState, true),
    information("COLUMNS"),
    information("TABLES"),
    information("VIEWS"),
    information("ROUTINES"),
];

/// The system view of that name.
pub(crate) fn system(schema: &str, name: &str) -> Option<&'static System> {
    SYSTEM
        .iter()
        .find(|view| view.schema.eq_ignore_ascii_case(schema) && view.name.eq_ignore_ascii_case(name))
}

/// Views of the SQL Server of 1998 that answer without a schema and with `dbo`, some of them for all databases.
const OLD_SYSTEM: &[&str] = &[
    "sysaltfiles",
    "syscacheobjects",
    "syscharsets",
    "syscolumns",
    "syscomments",
    "sysconfigures",
    "sysconstraints",
    "syscurconfigs",
    "syscursorcolumns",
    "syscursorrefs",
    "syscursors",
    "syscursortables",
    "sysdatabases",
    "sysdepends",
    "sysdevices",
    "sysfilegroups",
    "sysfiles",
    "sysforeignkeys",
    "sysfulltextcatalogs",
    "sysfulltextnotify",
    "sysindexes",
    "sysindexkeys",
    "syslanguages",
    "syslockinfo",
    "syslocks",
    "syslogins",
    "sysmembers",
    "sysmessages",
    "sysobjects",
    "sysoledbusers",
    "sysopentapes",
    "sysperfinfo",
    "syspermissions",
    "sysprocesses",
    "sysprotects",
    "sysreferences",
    "sysremotelogins",
    "sysservers",
    "systypes",
    "sysusers",
];

/// Whether SQL Server takes this name of schema dbo for something of its own.
pub(crate) fn is_old_system(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    OLD_SYSTEM.contains(&name.as_str())
        || ["sp_", "xp_", "dm_", "spt_"].iter().any(|prefix| name.starts_with(prefix))
}
