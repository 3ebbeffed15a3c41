using System.Text.Json;
using Npgsql;

namespace SmartCity.Core.Reports;

/// <summary>What a report counts on one charging day. The report of several days is made of them alone.</summary>
/// <param name="name">With a version: when what is counted changes, so does the name, and all days are counted anew.</param>
/// <param name="part">Which changes make a day of it due.</param>
internal abstract class DayReport(string name, string part)
{
    /// <summary>Passages and sightings; a day is due when a sighting that can change it is archived.</summary>
    public const string Traffic = "traffic";

    /// <summary>The ledger; a day is due when one of its lines reaches the lake.</summary>
    public const string Charges = "charges";

    public string Name => name;

    public string Part => part;

    /// <summary>The day's rows as JSON.</summary>
    public abstract Task<string> CountAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal sealed class DayReport<T>(string name, string part, Func<NpgsqlDataSource, ReportRange, CancellationToken, Task<List<T>>> rowsAsync) : DayReport(name, part)
{
    public Task<List<T>> RowsAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken) => rowsAsync(dataSource, day, cancellationToken);

    public override async Task<string> CountAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken) =>
        JsonSerializer.Serialize(await rowsAsync(dataSource, day, cancellationToken));

    public static List<T> Read(string rows) => JsonSerializer.Deserialize<List<T>>(rows)!;
}
