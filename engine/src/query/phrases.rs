//! What sentences of the SQL library begin with or hold, by which they are known; none of it is shown.

pub(super) const TABLE: (&str, &str) = ("table '", "' not found");
pub(super) const FUNCTION: (&str, &str) = ("Invalid function '", "'");
pub(super) const WINDOW: &str = "There is no window function named";
pub(super) const WRITES: [&str; 3] = ["DDL not supported", "DML not supported", "Statement not supported"];
pub(super) const SEVERAL: &str = "only supports a single SQL statement";
pub(super) const NONE: &str = "No SQL statements were provided";
/// What stands before an operation on values whose types do not fit, its kind perhaps between.
pub(super) const OPERATIONS: [&str; 3] =
    ["Cannot coerce arithmetic expression ", "Cannot infer common ", "Cannot get result type for "];
/// What stands between the kind of an operation and the operation, and behind it.
pub(super) const OPERATION: (&str, &str) = ("operation ", " to valid types");
pub(super) const CALL: (&str, &str) = ("No function matches the given name and argument types '", "'.");
pub(super) const ARGUMENTS: (&str, &str) = ("Failed to coerce arguments to satisfy a call to '", "'");
pub(super) const GROUPS: [&str; 2] = ["must be in GROUP BY", "must appear in the GROUP BY"];
/// What a column stands between that is not grouped by.
pub(super) const GROUPED: (&str, &str) = ("\"", "\" must");
pub(super) const WHERE: &str = "Aggregate functions are not allowed in the WHERE clause";
