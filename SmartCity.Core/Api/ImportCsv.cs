using CsvHelper;

namespace SmartCity.Core.Api;

/// <summary>How CSV files of all imports are read.</summary>
internal static class ImportCsv
{
    // A quote that is never closed costs one row, not the rest of the file.
    public static CsvReaderOptions Options { get; } = new()
    {
        AllowLineBreaksInQuotes = false,
        TrimWhitespace = true,
        TrackLineNumbers = true,
        MaxRecordSize = 64 * 1024,
        NullValues = [""],
        NormalizeHeaderName = name => name.Replace("_", "", StringComparison.Ordinal),
    };

    /// <summary>Whether a header names the column: in any case, with or without underscores.</summary>
    public static bool Is(string header, string column) => string.Equals(header.Replace("_", "", StringComparison.Ordinal), column, StringComparison.OrdinalIgnoreCase);
}
