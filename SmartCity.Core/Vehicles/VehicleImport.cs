using CsvHelper;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Vehicles;

/// <summary>
/// Reads vehicles from CSV with a header line: plate, class, fuel are needed; make, model, colour, year, euro, firstRegistered (yyyy-MM-dd), grossKg,
/// unladenKg, taxClass, typeApproval, keeper, discounts (separated by ';' or spaces) may be there. A row that is not valid is reported and left out, the rest is saved; cases that waited for its
/// vehicles are settled.
/// </summary>
public sealed class VehicleImport(VehicleRegistry registry, ChargeCorrections corrections)
{
    private const int BatchSize = 5_000;
    private const int MostErrors = 1_000;

    private static readonly string[] Required = ["plate", "class", "fuel"];

    // A quote that is never closed costs one row, not the rest of the file.
    private static readonly CsvReaderOptions Csv = new()
    {
        AllowLineBreaksInQuotes = false,
        TrimWhitespace = true,
        TrackLineNumbers = true,
        MaxRecordSize = 64 * 1024,
        NullValues = [""],
        NormalizeHeaderName = name => name.Replace("_", "", StringComparison.Ordinal),
    };

    /// <exception cref="InvalidDataException">The header is missing or lacks a needed column, then nothing was saved; or a line is longer than any row can be.</exception>
    public async Task<ImportReport> ImportAsync(Stream csv, CancellationToken cancellationToken)
    {
        await using var reader = CsvReader.Create(csv, Csv, leaveOpen: true);
        try
        {
            return await ImportAsync(reader, cancellationToken);
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException($"The file is not CSV: {e.Message}", e);
        }
    }

    private async Task<ImportReport> ImportAsync(CsvReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadHeaderAsync(cancellationToken);
        if (reader.Headers.Count == 0)
        {
            throw new InvalidDataException("The file is empty; its first line must name the columns.");
        }

        if (Required.Where(column => !reader.TryGetFieldIndex(column, out _)).ToArray() is { Length: > 0 } missing)
        {
            throw new InvalidDataException($"The header has no column {string.Join(", ", missing)}; its columns are {string.Join(", ", reader.Headers)}.");
        }

        var errors = new List<ImportError>();
        var batch = new List<VehicleView>(BatchSize);
        long read = 0, rejected = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            read++;
            var (vehicle, error) = VehicleRow.Parse(name => reader.TryGetFieldIndex(name, out var index) ? reader.GetStringOrNull(index) : null);
            if (vehicle is null)
            {
                rejected++;
                if (errors.Count < MostErrors)
                {
                    errors.Add(new ImportError(reader.LineNumber, error!));
                }

                continue;
            }

            batch.Add(vehicle);
            if (batch.Count == BatchSize)
            {
                await SaveAsync(batch, cancellationToken);
                batch.Clear();
            }
        }

        if (batch.Count > 0)
        {
            await SaveAsync(batch, cancellationToken);
        }

        return new ImportReport(read, read - rejected, rejected, errors);
    }

    private async Task SaveAsync(List<VehicleView> batch, CancellationToken cancellationToken)
    {
        await registry.SaveAsync(batch, cancellationToken);
        await corrections.SettleAsync(batch.ConvertAll(v => v.Plate), cancellationToken);
    }
}
