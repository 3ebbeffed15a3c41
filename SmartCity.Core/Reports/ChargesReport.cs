using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Reports;

/// <summary>Charges by scheme and day.</summary>
internal static class ChargesReport
{
    public static readonly string[] Columns = ["day", "scheme", "purpose", "vehicles", "amount", "reversed", "currency"];

    public static object?[] Values(ChargesRow r) => [r.Day, r.Scheme, r.Purpose, r.Vehicles, r.Amount, r.Reversed, r.Currency];

    public static async Task<Report<ChargesRow>> RunAsync(NpgsqlDataSource dataSource, ReportRange range, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select day, scheme, case when scheme = 'congestion' then 'toll' else 'pollution' end,
                   count(*) filter (where net > 0), sum(net), sum(reversed)
            from (select day, scheme, plate, sum(amount) as net, -coalesce(sum(amount) filter (where kind = 'reversal'), 0) as reversed
                  from charge_entries where day >= $1 and day <= $2 group by day, scheme, plate) vehicle
            group by day, scheme order by day, scheme
            """);
        command.Parameters.Add(new() { Value = range.First });
        command.Parameters.Add(new() { Value = range.Last });
        var rows = await command.ReadAllAsync(
            r => new ChargesRow(r.GetFieldValue<DateOnly>(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetDecimal(4), r.GetDecimal(5), range.City.Currency), cancellationToken);
        return new Report<ChargesRow>(range.First, range.Last, rows, ["Amounts are net: reversed charges are subtracted. A vehicle counts once for each scheme and day."]);
    }
}
