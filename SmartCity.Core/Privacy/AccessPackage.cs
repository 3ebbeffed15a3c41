using System.IO.Compression;
using System.Net;
using System.Text;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Api;
using SmartCity.Core.Lake;
using SmartCity.Core.Models;
using SmartCity.Core.Retention;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Privacy;

/// <summary>What is stored of a plate, for whoever may ask: <c>index.html</c> to read, a CSV file for each kind of record, and the pictures.</summary>
internal sealed class AccessPackage(NpgsqlDataSource dataSource, IObjectStore objects, LakePlateRows lake, RetentionStore retention, TimeProvider time)
{
    public const string ContentType = "application/zip";

    /// <returns>At its beginning; the file behind it goes when it is closed.</returns>
    public async Task<Stream> MakeAsync(string plate, CancellationToken cancellationToken)
    {
        var file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous });
        try
        {
            await WriteAsync(plate, file, cancellationToken);
            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private async Task WriteAsync(string plate, FileStream output, CancellationToken cancellationToken)
    {
        await using var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var rows = new List<(PlateRecord Record, long Rows)>();
        foreach (var record in PlateRecord.All)
        {
            rows.Add((record, await WriteTableAsync(zip, connection, record, plate, cancellationToken)));
        }

        var (pictures, missing) = await WritePicturesAsync(zip, connection, plate, cancellationToken);
        var archived = await WriteLakeAsync(zip, plate, cancellationToken);
        await WriteIndexAsync(zip, plate, rows, archived, pictures, missing, cancellationToken);
    }

    // COPY takes no parameters; a plate is letters and digits, which the caller has checked.
    private static async Task<long> WriteTableAsync(ZipArchive zip, NpgsqlConnection connection, PlateRecord record, string plate, CancellationToken cancellationToken)
    {
        await using var count = new NpgsqlCommand($"select count(*) from {record.Table} where {record.Of}", connection) { CommandTimeout = RetentionRules.CommandSeconds, Parameters = { new() { Value = plate } } };
        var rows = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        if (rows == 0)
        {
            return 0;
        }

        using var reader = await connection.BeginTextExportAsync($"copy ({$"select {record.Columns} from {record.Table} where {record.Of}".Replace("$1", $"'{plate}'", StringComparison.Ordinal)}) to stdout (format csv, header)", cancellationToken);
        await using var file = await zip.CreateEntry($"{record.Table}.csv").OpenAsync(cancellationToken);
        await using var writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            await writer.WriteLineAsync(line.AsMemory(), cancellationToken);
        }

        return rows;
    }

    /// <returns>Rows of each table of the archive; null of one that has never been written.</returns>
    private async Task<List<(string Table, long? Rows)>> WriteLakeAsync(ZipArchive zip, string plate, CancellationToken cancellationToken)
    {
        var written = new List<(string, long?)>();
        foreach (var table in lake.Tables)
        {
            if (await lake.ReadAsync(table, plate, cancellationToken) is not { } rows)
            {
                written.Add((table.Definition.Name, null));
                continue;
            }

            // An entry is begun for the first row: most plates have none in some table.
            var count = 0L;
            await using var reader = rows.GetAsyncEnumerator(cancellationToken);
            if (await reader.MoveNextAsync())
            {
                await using var file = await zip.CreateEntry(ArchiveFile(table.Definition.Name)).OpenAsync(cancellationToken);
                await CsvExport.WriteAsync(file, [.. table.Definition.Columns.Select(c => c.Name)], RestAsync(), r => r, cancellationToken);
            }

            written.Add((table.Definition.Name, count));

            async IAsyncEnumerable<object?[]> RestAsync()
            {
                do
                {
                    count++;
                    yield return reader.Current;
                }
                while (await reader.MoveNextAsync());
            }
        }

        return written;
    }

    private static string ArchiveFile(string table) => $"archive_{table}.csv";

    private async Task<(int Pictures, int Missing)> WritePicturesAsync(ZipArchive zip, NpgsqlConnection connection, string plate, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select s.evidence, t.key from sightings s left join sighting_strips t on t.id = s.id and t.captured_at = s.captured_at and split_part(t.key, '/', 2) = s.station_id where s.plate = $1 and (s.evidence is not null or t.key is not null) order by s.captured_at", connection)
        {
            CommandTimeout = RetentionRules.CommandSeconds,
            Parameters = { new() { Value = plate } },
        };
        await using var learning = new NpgsqlCommand("select patch_sha256, frame_sha256 from learning_items where plate = $1 or read_plate = $1 order by captured_at", connection) { Parameters = { new() { Value = plate } } };
        var (pictures, missing) = (0, 0);
        string?[] keys =
        [
            .. (await command.ReadAllAsync(r => (Evidence: r.Text(0), Strip: r.Text(1)), cancellationToken)).SelectMany(k => (string?[])[k.Evidence, k.Evidence is null ? null : Sighting.PatchKey(k.Evidence), k.Strip]),
            .. (await learning.ReadAllAsync(r => (Patch: r.GetString(0), Frame: r.Text(1)), cancellationToken)).SelectMany(k => (string?[])[LearningPatches.Key(k.Patch), k.Frame is null ? null : LearningPatches.Key(k.Frame)]),
        ];
        foreach (var key in keys.OfType<string>().Distinct())
        {
            await using var picture = await objects.OpenAsync(key, cancellationToken);
            if (picture is null)
            {
                missing++;
                continue;
            }

            await using var file = await zip.CreateEntry($"pictures/{(key.StartsWith("evidence/", StringComparison.Ordinal) ? key["evidence/".Length..] : key)}", CompressionLevel.NoCompression).OpenAsync(cancellationToken);
            await picture.CopyToAsync(file, cancellationToken);
            pictures++;
        }

        return (pictures, missing);
    }

    private async Task WriteIndexAsync(ZipArchive zip, string plate, List<(PlateRecord Record, long Rows)> rows, List<(string Table, long? Rows)> archived, int pictures, int missing, CancellationToken cancellationToken)
    {
        var days = await retention.DaysAsync(cancellationToken);
        var page = new StringBuilder($"<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>{plate}</title><h1>What is stored of {plate}</h1><p>As of {time.GetUtcNow():d MMMM yyyy HH:mm} UTC.</p><table border=\"1\" cellpadding=\"6\"><tr><th>Record</th><th>Number</th><th>Purpose</th><th>Recipients</th></tr>");
        foreach (var (record, count) in rows)
        {
            var name = count > 0 ? $"<a href=\"{record.Table}.csv\">{Html(record.What)}</a>" : Html(record.What);
            page.Append(System.Globalization.CultureInfo.InvariantCulture, $"<tr><td>{name}</td><td>{count}</td><td>{Html(record.Purpose)}</td><td>{Html(record.Recipients)}</td></tr>");
        }

        foreach (var (table, count) in archived)
        {
            var what = $"{PlateRecord.All.Single(r => r.Table == table).What} in the archive";
            var name = count > 0 ? $"<a href=\"{ArchiveFile(table)}\">{what}</a>" : what;
            page.Append(System.Globalization.CultureInfo.InvariantCulture, $"<tr><td>{name}</td><td>{(count is null ? "There is no archive." : count.Value.ToString(System.Globalization.CultureInfo.InvariantCulture))}</td><td>To count and to compare over years</td><td>Analysts</td></tr>");
        }

        page.Append(System.Globalization.CultureInfo.InvariantCulture, $"</table><p>Pictures: {pictures}, in the folder pictures.{(missing > 0 ? $" {missing} were removed already, or have not come yet." : "")}</p>");
        page.Append(System.Globalization.CultureInfo.InvariantCulture, $"<p>Sightings are kept for {days[RetentionRules.Sightings]} days and their pictures for {days[RetentionRules.Evidence]} days. Sightings and passages are also in the archive, for {days[RetentionRules.Archive]} days in all; what is in both is in this file twice, and a sighting that was corrected has a row of the archive for each reading. Copies in an investigation are kept as long as it is open, and after that until its last day is over.</p></html>");
        await using var index = await zip.CreateEntry("index.html").OpenAsync(cancellationToken);
        await index.WriteAsync(Encoding.UTF8.GetBytes(page.ToString()), cancellationToken);
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
