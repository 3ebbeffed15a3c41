using System.Globalization;
using CsvHelper;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace SmartCity.Core.Api;

/// <summary>A list as a CSV file (RFC 4180, UTF-8), row by row as it is read. What a spreadsheet would take for a formula is made harmless.</summary>
internal static class CsvExport
{
    private static readonly CsvWriterOptions Options = new() { FormatProvider = CultureInfo.InvariantCulture, Injection = CsvInjection.Escape };

    /// <param name="most">If there are more rows than this, the last line says that the file ends here: ask for one more.</param>
    /// <param name="columns">Names, in the order of what <paramref name="values"/> gives.</param>
    public static PushStreamHttpResult Stream<T>(string fileName, IReadOnlyList<string> columns, IAsyncEnumerable<T> rows, Func<T, object?[]> values, CancellationToken cancellationToken, int most = int.MaxValue) =>
        TypedResults.Stream(stream => WriteAsync(stream, columns, rows, values, cancellationToken, most), "text/csv; charset=utf-8", fileName);

    /// <summary>Writes a list to a stream, which stays open.</summary>
    /// <param name="most">If there are more rows than this, the last line says that the file ends here.</param>
    public static async Task WriteAsync<T>(Stream stream, IReadOnlyList<string> columns, IAsyncEnumerable<T> rows, Func<T, object?[]> values, CancellationToken cancellationToken, int most = int.MaxValue)
    {
        var written = 0;
        await using var csv = CsvWriter.Create(stream, Options, leaveOpen: true);
        await WriteRowAsync(csv, columns, cancellationToken);
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            if (written++ == most)
            {
                await WriteRowAsync(csv, [string.Create(CultureInfo.InvariantCulture, $"There are more lines than the {most:N0} of this file. Narrow the search to download the others.")], cancellationToken);
                return;
            }

            await WriteRowAsync(csv, values(row), cancellationToken);
        }
    }

    private static async Task WriteRowAsync(CsvWriter csv, IReadOnlyList<object?> fields, CancellationToken cancellationToken)
    {
        foreach (var field in fields)
        {
            // Times as everywhere in the API: UTC with milliseconds.
            csv.WriteField(field is DateTimeOffset at ? at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) : field);
        }

        await csv.EndRecordAsync(cancellationToken);
    }
}
