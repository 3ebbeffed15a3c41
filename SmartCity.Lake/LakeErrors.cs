using DuckDB.NET.Data;
using DuckDB.NET.Native;

namespace SmartCity.Lake;

/// <summary>What went wrong in the lake, as Postgres would say it.</summary>
internal static class LakeErrors
{
    private const string InternalError = "XX000";
    private const string DataError = "22000";

    private static readonly Dictionary<DuckDBErrorType, string> States = new()
    {
        [DuckDBErrorType.OutOfMemory] = "53200",
        [DuckDBErrorType.OutOfRange] = "22003",
        [DuckDBErrorType.InvalidInput] = DataError,
        [DuckDBErrorType.Conversion] = DataError,
    };

    /// <returns>Postgres' state, the sentence, and what to do; null if there is nothing to add.</returns>
    public static (string State, string Message, string? Hint) Of(Exception e) => e switch
    {
        LakeLimitException limit => (limit.State, Sentence(e), limit.Hint),
        DuckDBException duck => (duck.Message.Contains("division by zero", StringComparison.Ordinal) ? "22012" : States.GetValueOrDefault(duck.ErrorType, InternalError), Sentence(e), duck.ErrorType == DuckDBErrorType.OutOfMemory ? "Ask for fewer days or columns, or read the tables with Spark or Trino." : null),
        InvalidDataException => (DataError, Sentence(e), null),
        _ => (InternalError, Sentence(e), null),
    };

    // DuckDB says the kind of an error before it, and sometimes the statement after it, which is not the client's.
    private static string Sentence(Exception e)
    {
        var line = e.Message.Split('\n')[0];
        return e is DuckDBException && line.IndexOf("Error: ", StringComparison.Ordinal) is var at and >= 0 ? line[(at + "Error: ".Length)..] : line;
    }
}
