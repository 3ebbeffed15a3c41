using DuckDB.NET.Data;
using DuckDB.NET.Native;
using SmartCity.Lake.Sql;

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

    /// <summary>Whether a value is at fault. Postgres may have one where the lake has none: it has wider numbers, and works things out in another order.</summary>
    public static bool IsOfAValue(Exception e) => e is DuckDBException { ErrorType: DuckDBErrorType.InvalidInput or DuckDBErrorType.OutOfRange or DuckDBErrorType.Conversion } or LakeValueException;

    /// <summary>Whether a file may be at fault, and not what the statement works out.</summary>
    public static bool MayBeOfAFile(DuckDBException e) => e.ErrorType is not (DuckDBErrorType.Interrupt or DuckDBErrorType.OutOfRange or DuckDBErrorType.Conversion or DuckDBErrorType.OutOfMemory)
        && !Array.Exists(Translator.Errors, own => e.Message.Contains(own, StringComparison.Ordinal));

    /// <returns>Postgres' state, the sentence, and what to do; null if there is nothing to add.</returns>
    public static (string State, string Message, string? Hint) Of(Exception e) => e switch
    {
        LakeLimitException limit => (limit.State, Sentence(e), limit.Hint),
        DuckDBException duck => (duck.Message.Contains("division by zero", StringComparison.Ordinal) ? "22012" : States.GetValueOrDefault(duck.ErrorType, InternalError), Sentence(e), duck.ErrorType == DuckDBErrorType.OutOfMemory ? "Ask for fewer days or columns, or read the tables with Spark or Trino." : null),
        InvalidDataException or LakeValueException or NotForTheLakeException => (DataError, Sentence(e), null),
        _ => (InternalError, Sentence(e), null),
    };

    // DuckDB says the kind of an error before it, and sometimes the statement after it, which is not the client's.
    private static string Sentence(Exception e)
    {
        var line = e.Message.Split('\n')[0];
        return e is DuckDBException && line.IndexOf("Error: ", StringComparison.Ordinal) is var at and >= 0 ? line[(at + "Error: ".Length)..] : line;
    }
}

/// <summary>A value cannot be sent as Postgres would.</summary>
internal sealed class LakeValueException(string message) : Exception(message);
