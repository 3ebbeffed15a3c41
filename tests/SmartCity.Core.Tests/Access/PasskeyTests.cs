using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Audit;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Access;

/// <summary>What the core asks of passkeys. That a browser's are taken is a test of the console.</summary>
public sealed class PasskeyTests(PostgresServer server) : IAsyncLifetime
{
    private readonly CoreHost _core = new(server) { Settings = new() { ["Core:Access:PasskeyOrigins:0"] = "https://console.example.org", ["Core:Access:PasskeyOrigins:1"] = "https://console.example.org:8443" } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _core.InitializeAsync();

    public ValueTask DisposeAsync() => _core.DisposeAsync();

    [Fact]
    public async Task A_question_is_for_the_console_s_host_asks_who_it_is_and_is_answered_once()
    {
        var question = await Caller.ReadAsync<PasskeyQuestion>(await _core.Http.PostAsync("/api/access/sign-in/passkey/options", null, Token));
        using var options = JsonDocument.Parse(question.Options);
        Assert.Equal("console.example.org", options.RootElement.GetProperty("rpId").GetString());
        Assert.Equal("required", options.RootElement.GetProperty("userVerification").GetString());

        Assert.Equal(HttpStatusCode.Unauthorized, await AnswerAsync(question.Question, """{"id":"AAAA"}"""));
        Assert.Equal(HttpStatusCode.Unauthorized, await AnswerAsync(question.Question, """{"id":"AAAA"}"""));
        var refused = await Caller.ReadAsync<Page<AuditLine>>(await _core.Http.GetAsync("/api/audit?action=access.sign-in.refused", Token));
        Assert.Equal("too late or twice", refused.Items[0].Reason);
        Assert.NotEqual("too late or twice", refused.Items[1].Reason);
    }

    [Fact]
    public async Task A_passkey_is_added_only_with_the_password_and_only_to_the_question_that_this_user_was_asked()
    {
        var (one, other) = (await Caller.OfRoleAsync(_core, Role.Viewer), await Caller.OfRoleAsync(_core, Role.Viewer));
        using (one)
        using (other)
        {
            using var wrong = await one.Http.PostAsJsonAsync("/api/access/passkeys/options", new PasskeyOwner("not the password"), Token);
            Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
            var question = await Caller.ReadAsync<PasskeyQuestion>(await one.Http.PostAsJsonAsync("/api/access/passkeys/options", new PasskeyOwner(one.Password), Token));

            using var stolen = await other.Http.PostAsJsonAsync("/api/access/passkeys", new NewPasskey(question.Question, "mine", "{}"), Token);
            Assert.Contains("too late or twice", await stolen.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
            using var nonsense = await one.Http.PostAsJsonAsync("/api/access/passkeys", new NewPasskey(question.Question, "mine", "{}"), Token);
            Assert.Contains("cannot be used", await nonsense.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
            Assert.Empty((await one.Http.GetFromJsonAsync<PasskeyView[]>("/api/access/passkeys", Token))!);
        }
    }

    [Fact]
    public async Task A_passkey_is_asked_for_added_and_removed_and_written_down_or_not()
    {
        using var person = await Caller.OfRoleAsync(_core, Role.Viewer);
        Task<HttpResponseMessage> AskAsync() => person.Http.PostAsJsonAsync("/api/access/passkeys/options", new PasskeyOwner(person.Password), Token);
        await ChangeAndLine.AreTogetherAsync(_core, "passkey_questions", AskAsync);

        // Each question is answered once, whatever comes of it.
        var answers = new Queue<NewPasskey>();
        for (var i = 0; i < 3; i++)
        {
            var question = await Caller.ReadAsync<PasskeyQuestion>(await AskAsync());
            answers.Enqueue(new NewPasskey(question.Question, "mine", Credential(question.Options)));
        }

        await ChangeAndLine.AreTogetherAsync(_core, "user_passkeys", () => person.Http.PostAsJsonAsync("/api/access/passkeys", answers.Dequeue(), Token));
        var passkey = Assert.Single((await person.Http.GetFromJsonAsync<PasskeyView[]>("/api/access/passkeys", Token))!);
        await ChangeAndLine.AreTogetherAsync(_core, "user_passkeys", () => person.Http.DeleteAsync($"/api/access/passkeys/{passkey.Id}", Token));
    }

    [Theory]
    [InlineData("http://console.example.org")]
    [InlineData("https://127.0.0.1")]
    [InlineData("https://console.example.org/")]
    [InlineData("https://other.example.org")]
    [InlineData("console")]
    public void An_address_at_which_browsers_have_no_passkeys_is_refused_by_name(string origin)
    {
        var options = new SmartCity.Core.Access.AccessOptions { PasskeyOrigins = ["https://console.example.org", origin] };

        Assert.Contains(origin, Assert.Single(options.Validate(new(options))).ErrorMessage, StringComparison.Ordinal);
    }

    // What a browser makes of a question: a key on P-256 that nobody attests.
    private static string Credential(string options)
    {
        using var asked = JsonDocument.Parse(options);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var cose = new CborWriter();
        cose.WriteStartMap(5);
        foreach (var (name, value) in ((int, int)[])[(1, 2), (3, -7), (-1, 1)])
        {
            cose.WriteInt32(name);
            cose.WriteInt32(value);
        }

        foreach (var (name, value) in ((int, byte[])[])[(-2, point.X!), (-3, point.Y!)])
        {
            cose.WriteInt32(name);
            cose.WriteByteString(value);
        }

        cose.WriteEndMap();
        var (id, length) = (RandomNumberGenerator.GetBytes(32), new byte[2]);
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)id.Length);

        // Somebody was there and was recognised, and a credential follows; it counts nothing and tells of no maker.
        byte[] data = [.. SHA256.HashData("console.example.org"u8), 0x45, .. new byte[4], .. new byte[16], .. length, .. id, .. cose.Encode()];
        var attestation = new CborWriter();
        attestation.WriteStartMap(3);
        attestation.WriteTextString("fmt");
        attestation.WriteTextString("none");
        attestation.WriteTextString("attStmt");
        attestation.WriteStartMap(0);
        attestation.WriteEndMap();
        attestation.WriteTextString("authData");
        attestation.WriteByteString(data);
        attestation.WriteEndMap();
        var client = JsonSerializer.SerializeToUtf8Bytes(new { type = "webauthn.create", challenge = asked.RootElement.GetProperty("challenge").GetString(), origin = "https://console.example.org", crossOrigin = false });
        return JsonSerializer.Serialize(new
        {
            id = Base64Url.EncodeToString(id),
            rawId = Base64Url.EncodeToString(id),
            type = "public-key",
            clientExtensionResults = new { },
            response = new { clientDataJSON = Base64Url.EncodeToString(client), attestationObject = Base64Url.EncodeToString(attestation.Encode()), transports = Array.Empty<string>() },
        });
    }

    private async Task<HttpStatusCode> AnswerAsync(Guid question, string credential)
    {
        using var response = await _core.Http.PostAsJsonAsync("/api/access/sign-in/passkey", new PasskeyAnswer(question, credential), Token);
        return response.StatusCode;
    }
}
