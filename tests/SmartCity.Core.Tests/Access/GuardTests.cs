using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OtpNet;
using SmartCity.Contracts.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Access;

/// <summary>Wrong passwords, codes of a second factor, and streams whose user has ended.</summary>
public class GuardTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Other = "another key of the tests, of a service";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_guesses_locks_out_their_own_address_and_not_the_user()
    {
        var made = await Caller.MakeAsync(core, "victim", Role.Operator);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await SignInAsync("victim", "wrong wrong wrong", "203.0.113.9"));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await SignInAsync("victim", made.Password, "203.0.113.9"));
        Assert.Equal(HttpStatusCode.OK, await SignInAsync("victim", made.Password, "10.1.2.3"));
    }

    [Fact]
    public async Task Many_guesses_from_many_addresses_leave_the_users_own_address_open()
    {
        var made = await Caller.MakeAsync(core, "wanted", Role.Operator);
        Assert.Equal(HttpStatusCode.OK, await SignInAsync("wanted", made.Password, "10.1.2.4"));
        for (var i = 0; i < 60; i++)
        {
            await SignInAsync("wanted", "wrong wrong wrong", $"203.0.113.{i / 4}");
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await SignInAsync("wanted", made.Password, "198.51.100.7"));
        Assert.Equal(HttpStatusCode.OK, await SignInAsync("wanted", made.Password, "10.1.2.4"));
    }

    // A key of the product that is not the console's: an edge's.
    [Theory]
    [InlineData(Scope.EdgeConfig, HttpStatusCode.Unauthorized)]
    [InlineData(Scope.LiveRead, HttpStatusCode.OK)]
    public async Task Only_the_consoles_key_says_from_which_address_somebody_signs_in(string scope, HttpStatusCode last)
    {
        var made = await Caller.MakeAsync(core, $"keyed-{scope.Replace(':', '-')}", Role.Operator);
        await using var other = core.Build(core.Postgres.ConnectionString, new() { ["Core:Access:ServiceKeys:1:Name"] = "another", ["Core:Access:ServiceKeys:1:Key"] = Other, ["Core:Access:ServiceKeys:1:Scopes:0"] = scope });
        await other.StartAsync(Token);
        await other.Services.GetRequiredService<DatabaseStartup>().Ready;
        using var http = new HttpClient { BaseAddress = new Uri(other.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Other);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("wrong wrong wrong", $"203.0.113.{i}"));
        }

        // Six addresses, or one that is locked out by now.
        Assert.Equal(last, await StatusAsync(made.Password, "203.0.113.99"));

        async Task<HttpStatusCode> StatusAsync(string password, string address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/access/sign-in") { Content = JsonContent.Create(new SignInRequest(made.User.Name, password)) };
            request.Headers.Add(ClientAddress.Header, address);
            using var response = await http.SendAsync(request, Token);
            return response.StatusCode;
        }
    }

    // Only the console's word counts about an address.
    [Fact]
    public async Task Nobody_else_chooses_the_address_that_they_are_counted_at()
    {
        var made = await Caller.MakeAsync(core, "spoofed", Role.Operator);
        using var nobody = Caller.Nobody(core);
        for (var i = 0; i < 6; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/access/sign-in") { Content = JsonContent.Create(new SignInRequest("spoofed", "wrong wrong wrong")) };
            request.Headers.Add(ClientAddress.Header, $"203.0.113.{100 + i}");
            using var response = await nobody.Http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        using var locked = await nobody.Http.PostAsJsonAsync("/api/access/sign-in", new SignInRequest("spoofed", made.Password), Token);
        Assert.Equal(HttpStatusCode.Unauthorized, locked.StatusCode);
    }

    [Fact]
    public async Task With_a_second_factor_a_sign_in_needs_a_code_and_each_counts_once()
    {
        var password = await UserAsync("phone", Role.Operator);
        using var user = Caller.With(core, (await Caller.SignInAsync(core, "phone", password)).Token);
        var offer = await Caller.ReadAsync<SecondFactorOffer>(await user.Http.PostAsync("/api/access/second-factor", null, Token));
        Assert.Contains("<svg", offer.QrSvg, StringComparison.Ordinal);
        Assert.DoesNotContain(offer.Secret, await core.Postgres.ScalarAsync<string>("select secret from second_factors"), StringComparison.Ordinal);
        using var wrong = await user.Http.PostAsJsonAsync("/api/access/second-factor/confirm", new SecondFactorCode("000000"), Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        var confirmed = await Caller.ReadAsync<SecondFactorConfirmed>(await user.Http.PostAsJsonAsync("/api/access/second-factor/confirm", new SecondFactorCode(Code(offer.Secret, 0)), Token));

        using var without = await core.Http.PostAsJsonAsync("/api/access/sign-in", new SignInRequest("phone", password), Token);
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.True((await without.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("secondFactor").GetBoolean());
        var code = Code(offer.Secret, 1);
        Assert.Equal(HttpStatusCode.OK, await SignInAsync("phone", password, "10.1.2.5", code));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInAsync("phone", password, "10.1.2.5", code));
        Assert.Equal(HttpStatusCode.OK, await SignInAsync("phone", password, "10.1.2.5", confirmed.RecoveryCodes[3].ToUpperInvariant()));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInAsync("phone", password, "10.1.2.5", confirmed.RecoveryCodes[3]));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInAsync("phone", "wrong wrong wrong", "10.1.2.5", confirmed.RecoveryCodes[4]));

        var id = Assert.Single((await core.Http.GetFromJsonAsync<IReadOnlyList<UserView>>("/api/access/users", Token))!, u => u.Name == "phone").Id;
        using var reset = await core.Http.DeleteAsync($"/api/access/users/{id}/second-factor", Token);
        Assert.Equal(HttpStatusCode.NoContent, reset.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await SignInAsync("phone", password, "10.1.2.5"));
    }

    // RFC 6238, appendix B, SHA-1.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1234567890, "005924")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_standard(long seconds, string code) =>
        Assert.Equal(code, new Totp("12345678901234567890"u8.ToArray()).ComputeTotp(DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime));

    [Fact]
    public async Task A_stream_ends_within_a_minute_of_its_users_end()
    {
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        var name = (await viewer.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        var id = Assert.Single((await core.Http.GetFromJsonAsync<IReadOnlyList<UserView>>("/api/access/users", Token))!, u => u.Name == name).Id;
        await using var stream = await viewer.Http.GetStreamAsync("/api/live", Token);
        using var reader = new StreamReader(stream);
        Assert.Contains("open", await reader.ReadLineAsync(Token), StringComparison.Ordinal);

        await Caller.ReadAsync<UserView>(await core.Http.PutAsJsonAsync($"/api/access/users/{id}", new UserChange(Disabled: true), Token));

        await reader.ReadToEndAsync(Token).WaitAsync(TimeSpan.FromMinutes(1), Token);
    }

    private static string Code(string secret, int step) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30 * step));

    private async Task<string> UserAsync(string name, string role)
    {
        var made = await Caller.MakeAsync(core, name, role);
        using var first = Caller.With(core, (await Caller.SignInAsync(core, name, made.Password)).Token);
        await Caller.ReadAsync<Session>(await first.Http.PostAsJsonAsync("/api/access/password", new PasswordChange(made.Password, made.Password + "!"), Token));
        return made.Password + "!";
    }

    // As the console does, with its key.
    private async Task<HttpStatusCode> SignInAsync(string name, string password, string address, string? code = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/access/sign-in") { Content = JsonContent.Create(new SignInRequest(name, password, code)) };
        request.Headers.Add(ClientAddress.Header, address);
        using var response = await core.Http.SendAsync(request, Token);
        return response.StatusCode;
    }
}
