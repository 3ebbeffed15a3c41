using System.Net;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Audit;

/// <summary>Whether a call changes and is written down, or neither.</summary>
internal static class ChangeAndLine
{
    /// <summary>Makes the call three times: while no line can be written, while the table takes no change, and as usual.</summary>
    /// <param name="table">That the call changes.</param>
    public static async Task AreTogetherAsync(CoreHost core, string table, Func<Task<HttpResponseMessage>> call)
    {
        var (before, lines) = (await StateAsync(core, table), await LinesAsync(core));

        await FailingAsync(core, "audit", async () => Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync(call)));
        Assert.Equal((before, lines), (await StateAsync(core, table), await LinesAsync(core)));

        await FailingAsync(core, table, async () => Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync(call)));
        Assert.Equal((before, lines), (await StateAsync(core, table), await LinesAsync(core)));

        using (var answer = await call())
        {
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        }

        Assert.NotEqual(before, await StateAsync(core, table));
        Assert.True(await LinesAsync(core) > lines, "No line was written.");
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from audit_intents"));
        Assert.Null((await core.Http.GetFromJsonAsync<AuditVerdict>("/api/audit/check", TestContext.Current.CancellationToken))!.Fault);
    }

    private static async Task<HttpStatusCode> StatusAsync(Func<Task<HttpResponseMessage>> call)
    {
        using var answer = await call();
        return answer.StatusCode;
    }

    /// <summary>A table that takes nothing for a while.</summary>
    public static async Task FailingAsync(CoreHost core, string table, Func<Task> then)
    {
        await core.Postgres.ExecuteAsync($"create or replace function takes_nothing() returns trigger language plpgsql as $f$ begin raise exception 'a disk is full'; end $f$; create trigger takes_nothing before insert or update or delete on {table} for each statement execute function takes_nothing()");
        try
        {
            await then();
        }
        finally
        {
            await core.Postgres.ExecuteAsync($"drop trigger takes_nothing on {table}");
        }
    }

    // Of callers: the core itself may write a line at any time.
    private static Task<long> LinesAsync(CoreHost core) => core.Postgres.ScalarAsync<long>("select count(*) from audit where actor <> 'core' and action not like '%.unfinished'");

    // When a key or a session was used last is noted at any time.
    private static Task<string> StateAsync(CoreHost core, string table) =>
        core.Postgres.ScalarAsync<string>($"select md5(coalesce(string_agg(row, ',' order by row), '')) from (select (to_jsonb(t) - 'last_used_at' - 'last_seen_at')::text as row from {table} t) t");
}
