using System.Net.Http.Headers;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Access;

/// <summary>Somebody who calls the API with a session or a key of their own, or with nothing.</summary>
internal sealed class Caller(Uri address) : IDisposable
{
    public HttpClient Http { get; } = new() { BaseAddress = address };

    /// <summary>Of a limited user that was made for this.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Of a user that was made for this.</summary>
    public string Password { get; private set; } = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Caller Nobody(CoreHost core) => new(core.Http.BaseAddress!);

    public static Caller With(CoreHost core, string token)
    {
        var caller = Nobody(core);
        caller.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return caller;
    }

    /// <summary>A new user of a role, signed in, the first password changed.</summary>
    public static async Task<Caller> OfRoleAsync(CoreHost core, string role)
    {
        var made = await MakeAsync(core, $"{role}-{Guid.NewGuid():N}", role);
        using var first = With(core, (await SignInAsync(core, made.User.Name, made.Password)).Token);
        var session = await ReadAsync<Session>(await first.Http.PostAsJsonAsync("/api/access/password", new PasswordChange(made.Password, made.Password + "!"), Token));
        var caller = With(core, session.Token);
        caller.Password = made.Password + "!";
        return caller;
    }

    /// <summary>A new user of a role who is limited to a group of one station, signed in, the first password changed.</summary>
    public static async Task<Caller> LimitedAsync(CoreHost core, string role, string station, string group)
    {
        (await core.Http.PutAsJsonAsync($"/api/access/groups/{group}", new StationGroupChange([station]), Token)).EnsureSuccessStatusCode();
        var made = await ReadAsync<UserPassword>(await core.Http.PostAsJsonAsync("/api/access/users", new NewUser($"limited-{Guid.NewGuid():N}", [role], [group]), Token));
        using var first = With(core, (await SignInAsync(core, made.User.Name, made.Password)).Token);
        var caller = With(core, (await ReadAsync<Session>(await first.Http.PostAsJsonAsync("/api/access/password", new PasswordChange(made.Password, made.Password + "!"), Token))).Token);
        caller.Name = made.User.Name;
        return caller;
    }

    public static async Task<UserPassword> MakeAsync(CoreHost core, string name, params string[] roles) =>
        await ReadAsync<UserPassword>(await core.Http.PostAsJsonAsync("/api/access/users", new NewUser(name, roles), Token));

    public static async Task<Session> SignInAsync(CoreHost core, string name, string password) =>
        await ReadAsync<Session>(await core.Http.PostAsJsonAsync("/api/access/sign-in", new SignInRequest(name, password), Token));

    public static async Task<T> ReadAsync<T>(HttpResponseMessage response)
    {
        using (response)
        {
            Assert.True(response.IsSuccessStatusCode, $"{response.RequestMessage?.RequestUri}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Token)}");
            return (await response.Content.ReadFromJsonAsync<T>(Token))!;
        }
    }

    public void Dispose() => Http.Dispose();
}
