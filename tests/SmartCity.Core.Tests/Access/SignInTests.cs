using System.Net;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Access;

public class SignInTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_administrator_signs_in_and_may_do_everything()
    {
        var session = await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword);

        using var administrator = Caller.With(core, session.Token);
        var account = (await administrator.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!;
        Assert.Equal("administrator", account.Name);
        Assert.Equal(Role.ScopesOf(Role.Administrator), account.Scopes);
        Assert.False(account.MustChangePassword);
    }

    [Fact]
    public async Task A_first_password_allows_nothing_but_its_change_and_ends_the_other_sessions()
    {
        var made = await Caller.MakeAsync(core, "newcomer", Role.Operator);
        var first = await Caller.SignInAsync(core, "newcomer", made.Password);
        var second = await Caller.SignInAsync(core, "newcomer", made.Password);
        using var caller = Caller.With(core, first.Token);
        using var other = Caller.With(core, second.Token);

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(caller, "/api/alerts/counts"));
        var changed = await Caller.ReadAsync<Session>(await caller.Http.PostAsJsonAsync("/api/access/password", new PasswordChange(made.Password, "quite another one"), Token));

        using var now = Caller.With(core, changed.Token);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(now, "/api/alerts/counts"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(other, "/api/access/me"));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInStatusAsync("newcomer", made.Password));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("")]
    public async Task A_new_password_has_twelve_characters(string password)
    {
        var made = await Caller.MakeAsync(core, $"weak-{Guid.NewGuid():N}", Role.Viewer);
        using var caller = Caller.With(core, (await Caller.SignInAsync(core, made.User.Name, made.Password)).Token);

        using var response = await caller.Http.PostAsJsonAsync("/api/access/password", new PasswordChange(made.Password, password), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_user_out_whatever_comes_then()
    {
        var made = await Caller.MakeAsync(core, "forgetful", Role.Viewer);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await SignInStatusAsync("forgetful", "wrong wrong wrong"));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await SignInStatusAsync("forgetful", made.Password));
        var user = Assert.Single(await UsersAsync(), u => u.Name == "forgetful");
        Assert.NotNull(user.LockedUntil);

        var reset = await Caller.ReadAsync<UserPassword>(await core.Http.PostAsync($"/api/access/users/{user.Id}/password", null, Token));
        Assert.True((await Caller.SignInAsync(core, "forgetful", reset.Password)).Account.MustChangePassword);
    }

    [Fact]
    public async Task Guesses_that_are_made_at_once_count_each()
    {
        var made = await Caller.MakeAsync(core, "guessed", Role.Viewer);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => SignInStatusAsync("guessed", $"wrong wrong wrong {i}")));

        Assert.Equal(HttpStatusCode.Unauthorized, await SignInStatusAsync("guessed", made.Password));
        Assert.NotNull(Assert.Single(await UsersAsync(), u => u.Name == "guessed").LockedUntil);
    }

    [Fact]
    public async Task A_session_ends_with_its_sign_out()
    {
        var session = await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword);
        using var caller = Caller.With(core, session.Token);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(caller, "/api/access/me"));

        using var response = await caller.Http.PostAsync("/api/access/sign-out", null, Token);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(caller, "/api/access/me"));
    }

    [Fact]
    public async Task A_session_that_has_run_out_or_was_idle_for_too_long_is_over()
    {
        var (old, idle) = (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword), await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword));
        await ExecuteAsync("update sessions set expires_at = now() - interval '1 s' where token_hash = sha256($1::text::bytea)", old.Token);
        await ExecuteAsync("update sessions set last_seen_at = now() - interval '61 min' where token_hash = sha256($1::text::bytea)", idle.Token);

        using var first = Caller.With(core, old.Token);
        using var second = Caller.With(core, idle.Token);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(first, "/api/access/me"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(second, "/api/access/me"));
    }

    [Fact]
    public async Task What_a_page_asks_by_itself_does_not_keep_a_session_from_being_idle()
    {
        var session = await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword);
        await ExecuteAsync("update sessions set last_seen_at = now() - interval '50 min' where token_hash = sha256($1::text::bytea)", session.Token);
        using var page = Caller.With(core, session.Token);
        page.Http.DefaultRequestHeaders.Add(BackgroundCall.Header, "1");
        using var person = Caller.With(core, session.Token);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(page, "/api/access/me"));
        Assert.True(await IdleAsync() > 49);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(person, "/api/access/me"));
        Assert.True(await IdleAsync() < 1);

        async Task<double> IdleAsync() =>
            (double)(await ScalarAsync("select (extract(epoch from now() - last_seen_at) / 60)::float8 from sessions where token_hash = sha256($1::text::bytea)", session.Token))!;
    }

    [Fact]
    public async Task Who_is_disabled_is_out_at_once_and_other_roles_hold_at_once()
    {
        using var caller = await Caller.OfRoleAsync(core, Role.Operator);
        var account = (await caller.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!;
        var user = Assert.Single(await UsersAsync(), u => u.Name == account.Name);

        await Caller.ReadAsync<UserView>(await core.Http.PutAsJsonAsync($"/api/access/users/{user.Id}", new UserChange(Disabled: true), Token));

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(caller, "/api/access/me"));
    }

    [Fact]
    public async Task The_last_administrator_stays_one()
    {
        var administrator = Assert.Single(await UsersAsync(), u => u.Name == "administrator");

        using var demoted = await core.Http.PutAsJsonAsync($"/api/access/users/{administrator.Id}", new UserChange([Role.Viewer]), Token);
        using var disabled = await core.Http.PutAsJsonAsync($"/api/access/users/{administrator.Id}", new UserChange(Disabled: true), Token);

        Assert.Equal(HttpStatusCode.Conflict, demoted.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, disabled.StatusCode);
        Assert.Equal([Role.Administrator], Assert.Single(await UsersAsync(), u => u.Name == "administrator").Roles);
    }

    [Fact]
    public async Task A_key_does_what_its_scopes_say_until_it_is_revoked_and_is_kept_as_a_hash_only()
    {
        var made = await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("reports of the mayor", [Scope.ReportsRead, Scope.LiveRead]), Token));
        using var key = Caller.With(core, made.Token);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(key, "/api/stations"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(key, "/api/alerts/counts"));
        Assert.Equal(0L, await ScalarAsync("select count(*) from api_keys k where k::text like '%' || $1 || '%'", made.Token));

        using var revoked = await core.Http.DeleteAsync($"/api/access/keys/{made.Key.Id}", Token);

        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(key, "/api/stations"));
    }

    [Fact]
    public async Task A_key_that_has_run_out_is_nobody()
    {
        var made = await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("short-lived", [Scope.LiveRead], TimeProvider.System.GetUtcNow().AddMinutes(1)), Token));
        await ExecuteAsync("update api_keys set expires_at = now() - interval '1 s' where name = $1", "short-lived");

        using var key = Caller.With(core, made.Token);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(key, "/api/stations"));
    }

    [Fact]
    public async Task Nobody_hands_out_more_than_they_have()
    {
        var made = await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("keys", [Scope.AccessWrite], TimeProvider.System.GetUtcNow().AddDays(1)), Token));
        using var key = Caller.With(core, made.Token);

        using var response = await key.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("more", [Scope.VehiclesSearch]), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_key_that_gives_access_runs_out()
    {
        using var response = await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("for ever", [Scope.AccessWrite, Scope.LiveRead]), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("expiresAt", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_that_may_more_than_whoever_made_them_are_over_and_the_audit_names_them(bool disabled)
    {
        using var maker = await Caller.OfRoleAsync(core, Role.Administrator);
        var account = (await maker.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!;
        var tomorrow = TimeProvider.System.GetUtcNow().AddDays(1);
        var named = Guid.NewGuid().ToString("N");
        var powerful = await KeyAsync(maker, new NewApiKey(named, [Scope.AccessWrite, Scope.LiveRead], tomorrow));
        using var program = Caller.With(core, powerful.Token);
        var chained = await KeyAsync(program, new NewApiKey($"{named} more", [Scope.AccessWrite], tomorrow));
        var harmless = await KeyAsync(maker, new NewApiKey($"{named} board", [Scope.LiveRead]));
        var others = await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey($"{named} others", [Scope.AccessWrite], tomorrow), Token));

        var user = Assert.Single(await UsersAsync(), u => u.Name == account.Name);
        await Caller.ReadAsync<UserView>(await core.Http.PutAsJsonAsync($"/api/access/users/{user.Id}", disabled ? new UserChange(Disabled: true) : new UserChange([Role.Viewer]), Token));

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(program, "/api/stations"));
        var keys = (await core.Http.GetFromJsonAsync<IReadOnlyList<ApiKeyView>>("/api/access/keys", Token))!.ToDictionary(k => k.Id, k => k.RevokedAt is not null);
        Assert.Equal((true, true, disabled, false), (keys[powerful.Key.Id], keys[chained.Key.Id], keys[harmless.Key.Id], keys[others.Key.Id]));
        var lines = (await core.Http.GetFromJsonAsync<Page<AuditLine>>($"/api/audit?action=keys.revoke&reason={named}", Token))!.Items;
        Assert.Equal(disabled ? 3 : 2, lines.Count);
        Assert.Contains(lines, l => l.Subject == powerful.Key.Id.ToString() && l.Reason!.Contains(account.Name, StringComparison.Ordinal));
    }

    private static async Task<ApiKeyCreated> KeyAsync(Caller caller, NewApiKey key) => await Caller.ReadAsync<ApiKeyCreated>(await caller.Http.PostAsJsonAsync("/api/access/keys", key, Token));

    private async Task<IReadOnlyList<UserView>> UsersAsync() => (await core.Http.GetFromJsonAsync<IReadOnlyList<UserView>>("/api/access/users", Token))!;

    private async Task<HttpStatusCode> SignInStatusAsync(string name, string password)
    {
        using var response = await core.Http.PostAsJsonAsync("/api/access/sign-in", new SignInRequest(name, password), Token);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> StatusAsync(Caller caller, string path)
    {
        using var response = await caller.Http.GetAsync(path, Token);
        return response.StatusCode;
    }

    private async Task ExecuteAsync(string sql, string value)
    {
        await using var command = core.Postgres.DataSource.CreateCommand(sql);
        command.Parameters.Add(new() { Value = value });
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Token));
    }

    private async Task<object?> ScalarAsync(string sql, string value)
    {
        await using var command = core.Postgres.DataSource.CreateCommand(sql);
        command.Parameters.Add(new() { Value = value });
        return await command.ExecuteScalarAsync(Token);
    }
}
