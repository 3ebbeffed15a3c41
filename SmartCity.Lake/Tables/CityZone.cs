using Npgsql;

namespace SmartCity.Lake.Tables;

/// <summary>The city's time zone, whose days and hours the lake's columns <c>day</c>, <c>hour</c>, … are.</summary>
internal sealed class CityZone(NpgsqlDataSource dataSource)
{
    public async Task<TimeZoneInfo> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select time_zone from public.city");
        return TimeZoneInfo.FindSystemTimeZoneById((string)(await command.ExecuteScalarAsync(cancellationToken))!);
    }
}
