using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Lake.Tables;

/// <summary>Plates whose processing is restricted: no statement finds a row of theirs.</summary>
internal sealed class HiddenPlates(NpgsqlDataSource dataSource)
{
    public async Task<IReadOnlyCollection<string>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select plate from public.restricted_plates");
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }
}
