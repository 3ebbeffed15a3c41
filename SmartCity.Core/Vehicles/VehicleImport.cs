using CsvHelper;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Vehicles;

/// <summary>
/// Reads what a CSV file says of vehicles. Its header names <c>plate</c> and any of make, model, colour, year, class, fuel, euro, firstRegistered (yyyy-MM-dd),
/// grossKg, unladenKg, taxClass, typeApproval, keeper, discounts (separated by ';' or spaces), from and source. What has no column stays as it is; an empty
/// field says that there is none. It holds from the day in <c>from</c>, which may be to come: without it from today, and for a vehicle that was not known from the beginning.
/// A row that is not valid, or says something else than one before, is reported and left out, the rest is saved; a plate that was probably typed wrong is reported and imported as it is; cases that waited for its vehicles are settled.
/// Every 5,000 rows are a transaction, for the registry stands still meanwhile; the last one is that of the call's line. Charges are worked out afterwards, each in a transaction of its own, for they wait for sightings that are being stored: what is interrupted there, <see cref="RegistrySweep"/> settles.
/// </summary>
public sealed class VehicleImport(VehicleRegistry registry, ChargeCorrections corrections, TypedPlates typed)
{
    private const int BatchSize = 5_000;

    private const string Plate = "plate";

    private static readonly string[] OfTheRow = ["from", "source"];

    /// <param name="by">The person who brings the file; null for a program.</param>
    /// <param name="preview">Says what an import would report on the file itself, and saves nothing.</param>
    /// <param name="call">The change of the call, which the last rows belong to; null for a transaction of their own.</param>
    /// <exception cref="InvalidDataException">The header is missing, has no plate, or names a column that is not known, then nothing was saved; or a line is longer than any row can be.</exception>
    public async Task<ImportReport> ImportAsync(Stream csv, string? by, bool preview, CancellationToken cancellationToken, AuditedChange? call = null)
    {
        await using var reader = CsvReader.Create(csv, ImportCsv.Options, leaveOpen: true);
        try
        {
            return await ImportAsync(reader, by, preview, call, cancellationToken);
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException($"The file is not CSV: {e.Message}", e);
        }
    }

    private async Task<ImportReport> ImportAsync(CsvReader reader, string? by, bool preview, AuditedChange? call, CancellationToken cancellationToken)
    {
        await reader.ReadHeaderAsync(cancellationToken);
        if (reader.Headers.Count == 0)
        {
            throw new InvalidDataException("The file is empty; its first line must name the columns.");
        }

        string[] facts = [.. VehicleFacts.Names, VehicleChange.Discounts];
        if (reader.Headers.Where(h => !ImportCsv.Is(h, Plate) && !facts.Any(f => ImportCsv.Is(h, f)) && !OfTheRow.Any(o => ImportCsv.Is(h, o))).ToArray() is { Length: > 0 } unknown)
        {
            throw new InvalidDataException($"Unknown {(unknown.Length == 1 ? "column" : "columns")}: {string.Join(", ", unknown)}. The columns are {string.Join(", ", (string[])[Plate, .. facts, .. OfTheRow])}.");
        }

        ImportCsv.RefuseTwins(reader);
        string[] named = [.. facts.Where(f => reader.TryGetFieldIndex(f, out _))];
        if (!reader.TryGetFieldIndex(Plate, out _) || named.Length == 0)
        {
            throw new InvalidDataException($"The header must name plate and what the file says of it, such as class, fuel and euro; its columns are {string.Join(", ", reader.Headers)}.");
        }

        var rejections = new ImportRejections();
        var batch = new List<(VehicleChange Change, long Line)>(BatchSize);
        var (said, doubts) = (new SaidBefore(), new List<ImportDoubt>());
        long read = 0, doubtful = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            read++;
            if (ImportCsv.Misfit(reader) is { } misfit)
            {
                rejections.Add(reader.LineNumber, misfit);
                continue;
            }

            var (change, error) = VehicleRow.Parse(name => reader.TryGetFieldIndex(name, out var index) ? reader.GetStringOrNull(index) : null, named);
            if (change is null)
            {
                rejections.Add(reader.LineNumber, error!);
                continue;
            }

            if (said.Add(reader.LineNumber, $"{change.Facts.Plate}|{change.From:O}", Facts(change), "plate and from") is { } twice)
            {
                rejections.Add(reader.LineNumber, twice);
                continue;
            }

            if (typed.Meant(change.Facts.Plate) is { } meant)
            {
                doubtful++;
                if (doubts.Count < ImportRejections.MostNamed)
                {
                    doubts.Add(new ImportDoubt(reader.LineNumber, change.Facts.Plate, meant));
                }
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

            batch.Add((change, reader.LineNumber));
        }

        if (batch.Count > 0)
        {
            await SaveAsync(call);
        }

        return rejections.Of(read) with { Preview = preview, Doubtful = doubtful, Doubts = doubts };

        static string Facts(VehicleChange change)
        {
            var facts = change.Facts with { Discounts = [] };
            return $"{facts}|{string.Join(' ', change.Facts.Discounts.Order(StringComparer.Ordinal))}|{change.Source}";
        }

        async Task SaveAsync(AuditedChange? within)
        {
            foreach (var (index, why) in await registry.ApplyAsync(batch.ConvertAll(b => b.Change), cancellationToken, within))
            {
                rejections.Add(batch[index].Line, why + ".");
            }

            var plates = batch.ConvertAll(b => b.Change.Facts.Plate);
            batch.Clear();
            if (within is null)
            {
                await corrections.SettleAsync(plates, by, cancellationToken);
            }
            else
            {
                within.Afterwards(() => corrections.SettleAsync(plates, by, CancellationToken.None));
            }
        }
    }
}
