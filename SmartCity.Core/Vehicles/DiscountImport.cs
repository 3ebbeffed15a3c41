using CsvHelper;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Vehicles;

/// <summary>
/// Adds discounts and registrations from CSV with a header line: plate and discount are needed; from and to (the first and the last day, yyyy-MM-dd) and source
/// may be there. A row that is not valid is reported and left out, the rest is saved. Every 5,000 rows are a transaction; the last one is that of the call's line.
/// </summary>
public sealed class DiscountImport(VehicleRegistry registry, TimeProvider time)
{
    private const int BatchSize = 5_000;
    private static readonly string[] Needed = ["plate", "discount"];
    private static readonly string[] Columns = [.. Needed, "from", "to", "source"];

    /// <param name="preview">Says what an import would report on the file itself, and saves nothing.</param>
    /// <param name="call">The change of the call, which the last rows belong to; null for a transaction of their own.</param>
    /// <exception cref="InvalidDataException">The header is missing, lacks a needed column or names one that is not known, then nothing was saved; or the file is not CSV.</exception>
    public async Task<ImportReport> ImportAsync(Stream csv, bool preview, CancellationToken cancellationToken, AuditedChange? call = null)
    {
        await using var reader = CsvReader.Create(csv, ImportCsv.Options, leaveOpen: true);
        try
        {
            await reader.ReadHeaderAsync(cancellationToken);
            if (reader.Headers.Where(h => !Columns.Contains(h, StringComparer.OrdinalIgnoreCase)).ToArray() is { Length: > 0 } unknown)
            {
                throw new InvalidDataException($"Unknown {(unknown.Length == 1 ? "column" : "columns")}: {string.Join(", ", unknown)}. The columns are {string.Join(", ", Columns)}.");
            }

            ImportCsv.RefuseTwins(reader);
            if (Needed.Where(n => !reader.TryGetFieldIndex(n, out _)).ToArray() is { Length: > 0 } missing)
            {
                throw new InvalidDataException($"Missing {(missing.Length == 1 ? "column" : "columns")}: {string.Join(", ", missing)}. The columns are {string.Join(", ", Columns)}.");
            }

            return await ImportAsync(reader, preview, call, cancellationToken);
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException($"The file is not CSV: {e.Message}", e);
        }
    }

    private async Task<ImportReport> ImportAsync(CsvReader reader, bool preview, AuditedChange? call, CancellationToken cancellationToken)
    {
        var report = new ImportRejections();
        var batch = new List<(string Plate, DatedRegistration Discount)>(BatchSize);
        var lines = new List<long>(BatchSize);
        var said = new SaidBefore();
        long read = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            read++;
            if (ImportCsv.Misfit(reader) is { } misfit)
            {
                report.Add(reader.LineNumber, misfit);
                continue;
            }

            var (row, error) = Parse(name => reader.TryGetFieldIndex(name, out var index) ? reader.GetStringOrNull(index) : null);
            error ??= said.Add(reader.LineNumber, $"{row.Plate}|{row.Discount.Discount}|{row.Discount.From:O}", $"{row.Discount.Last:O}", "plate, discount and from");
            if (error is not null)
            {
                report.Add(reader.LineNumber, error);
                continue;
            }

            if (preview)
            {
                continue;
            }

            if (batch.Count == BatchSize)
            {
                if (call is not null)
                {
                    await call.HasPartAsync(cancellationToken);
                }

                await SaveAsync(null);
            }

            batch.Add(row);
            lines.Add(reader.LineNumber);
        }

        await SaveAsync(call);
        return report.Of(read) with { Preview = preview };

        async Task SaveAsync(AuditedChange? within)
        {
            foreach (var (index, why) in await registry.AddDiscountsAsync(batch, cancellationToken, within))
            {
                report.Add(lines[index], why + ".");
            }

            batch.Clear();
            lines.Clear();
        }
    }

    private ((string Plate, DatedRegistration Discount) Row, string? Error) Parse(Func<string, string?> field)
    {
        if (VehicleRow.Plate(field("plate")) is not { } plate)
        {
            return (default, VehicleRow.NoPlate + ".");
        }

        if (field("discount")?.ToLowerInvariant() is not { } discount || !VehicleWords.Discounts.Contains(discount))
        {
            return (default, $"discount '{field("discount")}' is none of {string.Join(", ", VehicleWords.Discounts)}.");
        }

        foreach (var name in (string[])["from", "to"])
        {
            if (field(name) is { } text && Day(text) is null)
            {
                return (default, VehicleRow.NoDay(name, text, VehicleRow.FirstCar) + ".");
            }
        }

        if (VehicleRow.TextFault("source", field("source")) is { } fault)
        {
            return (default, fault + ".");
        }

        var (from, last) = (Day(field("from")) ?? DateOnly.MinValue, Day(field("to")) ?? DateOnly.MaxValue);
        return last < from
            ? (default, $"to '{field("to")}' is before from '{field("from")}'.")
            : ((plate, new DatedRegistration(discount, from, last, field("source"), time.GetUtcNow())), null);
    }

    private static DateOnly? Day(string? text) => text is not null && VehicleRow.TryDay(text, VehicleRow.FirstCar, out var day) ? day : null;
}
