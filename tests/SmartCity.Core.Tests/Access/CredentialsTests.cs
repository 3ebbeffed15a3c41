using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SmartCity.Core.Access;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Access;

public class CredentialsTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Each look-up writes when the session was seen last: it must have let go of its connection, once, by then.
    [Fact]
    public async Task Many_callers_at_once_do_not_disturb_what_others_ask_of_the_database()
    {
        var (data, options) = (core.Services.GetRequiredService<NpgsqlDataSource>(), core.Services.GetRequiredService<IOptions<AccessOptions>>());
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var made = await Caller.MakeAsync(core, "busy", Contracts.Api.Role.Viewer);
        var tokens = new List<string>();
        for (var i = 0; i < 24; i++)
        {
            tokens.Add((await Caller.SignInAsync(core, made.User.Name, made.Password)).Token);
        }

        for (var round = 0; round < 40; round++)
        {
            time.Advance(TimeSpan.FromMinutes(2));
            using var credentials = new Credentials(data, options, time);
            var found = Task.WhenAll(tokens.Select(t => credentials.FindAsync(t, background: false, Token)));
            var asked = Task.WhenAll(Enumerable.Range(0, 24).Select(n => RowsAsync(data, n)));

            Assert.All(await found.WaitAsync(Patience, Token), f => Assert.Equal("busy", f!.Name));
            Assert.Equal(Enumerable.Range(0, 24), await asked.WaitAsync(Patience, Token));
        }
    }

    private static async Task<int> RowsAsync(NpgsqlDataSource data, int count)
    {
        await using var command = data.CreateCommand($"select n from generate_series(1, {count}) n");
        await using var reader = await command.ExecuteReaderAsync(Token);
        var rows = 0;
        while (await reader.ReadAsync(Token))
        {
            rows++;
        }

        return rows;
    }
}
