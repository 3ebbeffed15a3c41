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

    /// <summary>What is wrong with a row that is not UTF-8 or has another number of fields than the header; null when nothing is. What has no column would be lost, and what is not there would count as empty.</summary>
    public static string? Misfit(CsvReader reader)
    {
        var (fields, columns) = (reader.FieldCount, reader.Headers.Count);
        return Enumerable.Range(0, fields).Any(i => reader.GetStringOrNull(i)?.Contains('\uFFFD', StringComparison.Ordinal) == true)
            ? "The row is not text in UTF-8: it has bytes that are no character there. Save the file as UTF-8."
            : fields == columns ? null
            : fields < columns ? $"The row has {fields} {(fields == 1 ? "field" : "fields")}, but the header names {columns} columns."
            : $"The row has {fields} fields, but the header names {columns} {(columns == 1 ? "column" : "columns")}; no column takes {string.Join(", ", Enumerable.Range(columns, fields - columns).Select(i => $"'{reader.GetStringOrNull(i)}'"))}. Put a text that contains a comma in double quotes.";
    }

    /// <exception cref="InvalidDataException">Two columns have the same name.</exception>
    public static void RefuseTwins(CsvReader reader)
    {
        if (reader.Headers.GroupBy(h => h.Replace("_", "", StringComparison.Ordinal), StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twins)
        {
            throw new InvalidDataException($"The header names the column {twins.First()} twice. Keep one of them. Nothing was imported.");
        }
    }

    /// <summary>Whether a header names the column: in any case, with or without underscores.</summary>
    public static bool Is(string header, string column) => string.Equals(header.Replace("_", "", StringComparison.Ordinal), column, StringComparison.OrdinalIgnoreCase);
}
