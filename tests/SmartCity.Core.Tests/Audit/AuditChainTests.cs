using Npgsql;
using SmartCity.Core.Audit;
using SmartCity.Core.Secrets;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Audit;

/// <summary>Whoever may do anything to the database still cannot change the audit unseen.</summary>
public class AuditChainTests(PostgresServer server)
{
    private static readonly CoreSecret Secret = new(CoreHost.Secret);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("update audit set subject = 'XX99XXX' where number = 3", "line 3 was changed")]
    [InlineData("update audit set at = at + interval '1 hour' where number = 1", "line 1 was changed")]
    [InlineData("update audit set reason = null where number = 5", "line 5 was changed")]
    [InlineData("delete from audit where number = 2", "line 2 is missing")]
    [InlineData("delete from audit where number between 2 and 4", "lines 2 to 4 are missing")]
    [InlineData("delete from audit where number >= 4", "lines 4 to 5 are missing")]
    [InlineData("delete from audit where number = 1", "line 1 is missing")]
    [InlineData("delete from audit", "lines 1 to 5 are missing")]
    [InlineData("update audit set hash = sha256('forged'), subject = 'YY' where number = 4", "line 4 was changed")]
    [InlineData("update audit_head set number = 4", "the head is at line 4")]
    [InlineData("delete from audit_head", "the head is missing")]
    [InlineData("delete from audit where number = 5; update audit_head set number = 4", "the head is at line 4")]
    public async Task A_change_breaks_the_chain_where_it_was_made(string change, string fault)
    {
        await using var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();
        await FillAsync(postgres.DataSource);
        Assert.Null((await AuditChain.CheckAsync(postgres.DataSource, Secret, null, Token)).Fault);

        await ExecuteAsync(postgres.DataSource, $"alter table audit disable trigger user; {change}");

        var verdict = await AuditChain.CheckAsync(postgres.DataSource, Secret, null, Token);
        Assert.StartsWith(fault, verdict.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update audit set subject = 'XX99XXX' where number = 3")]
    [InlineData("delete from audit")]
    [InlineData("truncate audit")]
    public async Task The_database_refuses_to_change_it(string change)
    {
        await using var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();
        await FillAsync(postgres.DataSource);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(postgres.DataSource, change));

        Assert.Contains("append-only", refused.MessageText, StringComparison.Ordinal);
        Assert.Equal(5, (await AuditChain.CheckAsync(postgres.DataSource, Secret, null, Token)).Lines);
    }

    // Who may write to the database does not have the key.
    [Fact]
    public async Task An_audit_that_was_written_anew_with_hashes_that_fit_one_another_is_found_out()
    {
        await using var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();
        await FillAsync(postgres.DataSource);

        await ForgeAsync(postgres.DataSource);

        Assert.Contains("no line is signed", (await AuditChain.CheckAsync(postgres.DataSource, Secret, null, Token)).Fault, StringComparison.Ordinal);
        Assert.NotNull((await AuditChain.CheckAsync(postgres.DataSource, new CoreSecret("another secret, long enough for a key"), null, Token)).Fault);
    }

    // Lines and head of an earlier state fit each other; the object store knows better.
    [Fact]
    public async Task An_audit_that_was_set_back_to_an_earlier_state_no_longer_fits_its_anchors()
    {
        await using var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();
        var folder = Directory.CreateTempSubdirectory("smartcity-anchors");
        try
        {
            var objects = new FolderObjectStore(folder.FullName);
            await FillAsync(postgres.DataSource);
            using var anchors = new AuditAnchors(postgres.DataSource, objects, Secret, null!, new SmartCity.ServiceDefaults.Health.WorkerHealth(TimeProvider.System), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<AuditAnchors>.Instance);
            await anchors.AnchorAsync(Token);
            Assert.Null((await AuditChain.CheckAsync(postgres.DataSource, Secret, objects, Token)).Fault);

            await ExecuteAsync(postgres.DataSource, "alter table audit disable trigger user; delete from audit where number = 5; update audit_head set (number, hash) = (select number, hash from audit where number = 4)");

            Assert.Null((await AuditChain.CheckAsync(postgres.DataSource, Secret, null, Token)).Fault);
            Assert.Equal("line 5 is missing, which the object store was told of", (await AuditChain.CheckAsync(postgres.DataSource, Secret, objects, Token)).Fault);

            // An anchor without the key's signature says nothing.
            await objects.PutAsync(new AuditAnchor(99, new byte[32]).Key(TimeProvider.System.GetUtcNow(), new byte[32]), "{}"u8.ToArray(), "application/json", Token);
            Assert.Equal("line 5 is missing, which the object store was told of", (await AuditChain.CheckAsync(postgres.DataSource, Secret, objects, Token)).Fault);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("truncate charge_entries cascade")] // alone it is refused because disputes refer to it
    [InlineData("truncate audit")]
    public async Task Neither_the_ledger_nor_the_audit_can_be_emptied(string change)
    {
        await using var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(postgres.DataSource, change));

        Assert.Contains("append-only", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_core_began_and_did_not_finish_becomes_a_line_that_says_so()
    {
        await using var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var log = new AuditLog(postgres.DataSource, Secret, clock);
        var done = await log.IntendAsync("someone", "hotlist.add", "AB12CDE", null);
        await log.IntendAsync("someone", "hotlist.remove", "XY99XYZ", "found");
        await log.AppendAsync("someone", "hotlist.add", "AB12CDE", null, null, done);
        using var intents = new AuditIntents(postgres.DataSource, log, null!, new SmartCity.ServiceDefaults.Health.WorkerHealth(clock), clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<AuditIntents>.Instance);

        await intents.SettleAsync(Token);
        Assert.Equal(["hotlist.add"], await postgres.ColumnAsync<string>("select action from audit order by number"));
        clock.Advance(TimeSpan.FromMinutes(20));
        await intents.SettleAsync(Token);
        await intents.SettleAsync(Token);

        Assert.Equal(["hotlist.add AB12CDE", "hotlist.remove.unfinished XY99XYZ"], await postgres.ColumnAsync<string>("select action || ' ' || subject from audit order by number"));
    }

    // As whoever has the database and the product's source would do it.
    private static async Task ForgeAsync(NpgsqlDataSource dataSource)
    {
        var entries = new List<AuditEntry>();
        await using (var command = dataSource.CreateCommand("select number, at, actor, action, subject, reason, details from audit order by number"))
        await using (var reader = await command.ExecuteReaderAsync(Token))
        {
            while (await reader.ReadAsync(Token))
            {
                entries.Add(new AuditEntry(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetString(6)));
            }
        }

        await ExecuteAsync(dataSource, "alter table audit disable trigger user");
        byte[] hash = [];
        foreach (var entry in entries)
        {
            var forged = entry with { Subject = "NOBODY" };
            var next = forged.Hash(hash, null);
            await using var write = dataSource.CreateCommand("update audit set subject = $2, previous_hash = $3, hash = $4 where number = $1");
            foreach (var value in (object[])[forged.Number, forged.Subject!, hash, next])
            {
                write.Parameters.Add(new() { Value = value });
            }

            await write.ExecuteNonQueryAsync(Token);
            hash = next;
        }

        await using var head = dataSource.CreateCommand("update audit_head set hash = $1");
        head.Parameters.Add(new() { Value = hash });
        await head.ExecuteNonQueryAsync(Token);
    }

    private static async Task FillAsync(NpgsqlDataSource dataSource)
    {
        var log = new AuditLog(dataSource, Secret, TimeProvider.System);
        for (var i = 1; i <= 5; i++)
        {
            await log.AppendAsync("someone", "vehicles.search", $"AB{i:00}CDE", "why not", i % 2 == 0 ? "{\"n\":1}" : null);
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
