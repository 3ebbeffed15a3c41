using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Reports;

/// <summary>Charges by scheme and day.</summary>
internal static class ChargesReport
{
    public static readonly DayReport<ChargesRow> Day = new("charges.1", DayReport.Charges, DayAsync);

    public static readonly string[] Columns = ["day", "scheme", "purpose", "vehicles", "amount", "reversed", "currency"];

    public static object?[] Values(ChargesRow r) => [r.Day, r.Scheme, r.Purpose, r.Vehicles, r.Amount, r.Reversed, r.Currency];

    public static async Task<Report<ChargesRow>> RunAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        var days = await CountedDays.ReadAsync(dataSource, Day, range, cancellationToken);
        return new Report<ChargesRow>(range.First, range.Last, [.. days.Rows], ["Amounts are net: reversed charges are subtracted. A vehicle counts once for each scheme and day.", .. days.Notes]);
    }

    private static async Task<List<ChargesRow>> DayAsync(NpgsqlDataSource dataSource, ReportRange day, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select scheme, case when scheme = 'congestion' then 'toll' else 'pollution' end, count(*) filter (where net > 0), sum(net), sum(reversed)
            from (select scheme, plate, sum(amount) as net, -coalesce(sum(amount) filter (where kind = 'reversal'), 0) as reversed
                  from charge_entries where day = $1 group by scheme, plate) vehicle
            group by scheme order by scheme
            """);
        command.Parameters.Add(new() { Value = day.First });
        return await command.ReadAllAsync(r => new ChargesRow(day.First, r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetDecimal(3), r.GetDecimal(4), day.City.Currency), cancellationToken);
    }
}
