using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Searches;

/// <summary>Searches that people saved: each sees their own and those that others share.</summary>
internal sealed class SearchStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    /// <summary>Searches of one page that one person may have.</summary>
    public const int MostOfOne = 100;

    /// <summary>Own reasons that are offered again.</summary>
    public const int MostReasons = 10;

    private const int MostLines = 300;
    private const string Columns = "id, page, name, query, plate, owner, shared, saved_at";

    // Why one looked. What other lines say was for one thing alone.
    private const string Looks = "'{.search,.list,.history,.journey,.record,.read,.export,.look}'";

    public async Task<List<SavedSearch>> ListAsync(string page, string user, CancellationToken cancellationToken)
    {
        await using var command = Command($"select {Columns} from saved_searches where page = $1 and (owner = $2 or shared) and {Restricted.Not("plate")} order by lower(name), id limit {Paging.MaximumLimit}", page, user);
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <summary>Saves a search, in place of one of theirs with the same name.</summary>
    /// <returns>Null if they have as many as one may have.</returns>
    public async Task<SavedSearch?> SaveAsync(string page, string user, NewSavedSearch search, string? plate, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = (await change.CommandAsync(
            $"""
            insert into saved_searches ({Columns}) select $1, $2, $3, $4, $5, $6, $7, $8
            where (select count(*) from saved_searches where owner = $6 and page = $2 and name <> $3) < {MostOfOne}
            on conflict (owner, page, name) do update set query = excluded.query, plate = excluded.plate, shared = excluded.shared, saved_at = excluded.saved_at returning {Columns}
            """,
            cancellationToken)).With(Guid.CreateVersion7(now), page, search.Name!.Trim(), search.Query ?? "", TextParameter.Of(plate), user, search.IsShared, now);
        return (await command.ReadAllAsync(Read, cancellationToken)).FirstOrDefault();
    }

    /// <param name="all">Whether they may delete what others share, too.</param>
    /// <returns>Its name; null if there is no such search that they may delete.</returns>
    public static async Task<string?> DeleteAsync(string page, Guid id, string user, bool all, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync("delete from saved_searches where page = $1 and id = $2 and (owner = $3 or ($4 and shared)) returning name", cancellationToken)).With(page, id, user, all);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Why somebody looked at what takes a reason, each reason once, the latest first. The audit has them.</summary>
    public async Task<List<string>> ReasonsAsync(string user, CancellationToken cancellationToken)
    {
        await using var command = Command(
            $"""
            select reason from (select number, action, reason from audit where actor = $1 order by number desc limit {MostLines}) own
            where reason is not null and substring(action from '\.[^.]*$') = any ({Looks}::text[]) group by reason order by max(number) desc limit {MostReasons}
            """,
            user);
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values) => dataSource.CreateCommand(sql).With(values);

    private static SavedSearch Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Text(4), r.GetString(5), r.GetBoolean(6), r.Time(7));
}
