using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Models;
using SmartCity.Core.Models;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Edge.Tests.Models;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Models;

/// <summary>Versions as a person and an edge get them from the core, good ones and bad ones.</summary>
public sealed class ModelRegistryTests(ModelHost host) : IClassFixture<ModelHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ModelRegistry Registry => host.Core.Services.GetRequiredService<ModelRegistry>();

    [Fact]
    public async Task The_models_that_come_with_the_program_are_the_first_versions_signed_and_champions()
    {
        var shown = await host.Core.Http.GetFromJsonAsync<ModelsView>("/api/models", Token);
        foreach (var id in (string[])["city-read-1", "city-det-1", "city-country-1", "city-whole-1"])
        {
            var version = shown!.Versions.Single(v => v.Manifest.Id == id);
            Assert.Equal((true, 1), (version.IsSigned, version.Manifest.Number));
            Assert.Contains("champion", version.Aliases);
            Assert.Null(await Registry.VerifyAsync((await Registry.FindAsync(id, Token))!, Token));
        }
    }

    [Fact]
    public async Task A_version_is_never_changed_or_removed()
    {
        foreach (var sql in (string[])["update model_versions set number = 7 where id = 'city-read-1'", "delete from model_versions where id = 'city-det-1'", "update model_versions set signature = 'x' where id = 'city-read-1'"])
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => host.Core.Postgres.ExecuteAsync(sql));
            Assert.Contains("never changed or removed", refused.MessageText, StringComparison.Ordinal);
        }

        var other = ModelManifest.Shipped("city-read-1") with { Licence = "MIT" };
        var same = await Assert.ThrowsAsync<InvalidDataException>(() => Registry.ImportAsync(Text(other), null, TestModels.Shipped(), "a test", Token));
        Assert.Contains("another version city-read-1", same.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_what_its_manifest_says_or_signed_by_others_is_not_taken_in()
    {
        var manifest = TestModels.Manifest(TestModels.Shipped(), 90);
        var digest = await Assert.ThrowsAsync<InvalidDataException>(() => Registry.ImportAsync(Text(manifest), null, new byte[] { 1, 2, 3 }, "a test", Token));
        Assert.Contains($"its manifest says {manifest.File.Sha256}", digest.Message, StringComparison.Ordinal);
        using var others = new TestModels();
        var signed = await Assert.ThrowsAsync<InvalidDataException>(() => Registry.ImportAsync(others.Sign(manifest).Text, others.Sign(manifest).Signature, TestModels.Shipped(), "a test", Token));
        Assert.Contains("not signed with this city's key", signed.Message, StringComparison.Ordinal);
        Assert.Null(await Registry.FindAsync("city-read-90", Token));
    }

    [Fact]
    public async Task A_file_that_was_changed_in_the_object_store_is_found_and_not_released()
    {
        byte[] file = [.. TestModels.Shipped(), 9];
        var version = await ImportAsync(file, 91);
        await host.Core.Services.GetRequiredService<IObjectStore>().PutAsync(ModelRegistry.Key(version.Manifest.File.Sha256), new byte[] { 1 }, "application/octet-stream", Token);

        Assert.Contains("in the object store has SHA-256", await Registry.VerifyAsync(version, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shuffled_weights_do_not_pass_and_are_promoted_by_nobody_alone()
    {
        var version = await ImportAsync(TestModels.Shuffled(), 92);
        var judgement = await ReadAsync<ModelJudgement>(await host.Core.Http.PostAsync("/api/models/city-read-92/judge", null, Token));

        Assert.False(judgement.Passed);
        var rendered = judgement.Gates.Single(g => g.Name == "rendered plates");
        Assert.False(rendered.Passed);
        Assert.Contains("It reads 0.0 % of 330 rendered plates rightly", rendered.Why, StringComparison.Ordinal);
        var whole = judgement.Figures.Single(f => f is { Set: "rendered", Slice: "all" });
        Assert.InRange(whole.Before.Right, 0.8, 1);
        using var administrator = await Caller.OfRoleAsync(host.Core, Role.Administrator);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        using var refused = await administrator.Http.PostAsJsonAsync($"/api/models/{version.Id}/promote", new ModelPromotion(), Token);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("another administrator must promote it too", (await refused.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_judged_beside_a_version_that_is_not_the_champion_is_judged_again_first()
    {
        var version = await ImportAsync([.. TestModels.Shipped(), 94], 94);
        await host.Core.Postgres.ExecuteAsync(
            """
            insert into model_judgements (id, version_id, against_id, passed, report, at)
            values (gen_random_uuid(), 'city-read-94', 'city-det-1', true, '{"against":"city-det-1","passed":true,"gates":[],"figures":[],"at":"2026-11-18T12:00:00+00:00"}', now())
            """);
        using var administrator = await Caller.OfRoleAsync(host.Core, Role.Administrator);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        using var refused = await administrator.Http.PostAsJsonAsync($"/api/models/{version.Id}/promote", new ModelPromotion(), Token);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("city-read-94 was judged beside city-det-1, which is not the champion any more. Judge it again.", (await refused.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_loaded_is_not_judged_and_says_why()
    {
        await ImportAsync([1, 2, 3, 4], 93);
        using var answer = await host.Core.Http.PostAsync("/api/models/city-read-93/judge", null, Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("city-read-93 cannot be loaded", (await answer.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edge_gets_files_of_versions_with_its_key_and_nothing_else()
    {
        var file = ModelManifest.Shipped("city-read-1").File.Sha256;
        Assert.Equal(TestModels.Shipped(), await host.Core.Http.GetByteArrayAsync($"/api/edge/models/{file}?station=london-a1", Token));
        using var unknown = await host.Core.Http.GetAsync($"/api/edge/models/{new string('0', 64)}?station=london-a1", Token);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using var @operator = await Caller.OfRoleAsync(host.Core, Role.Operator);
        using var refused = await @operator.Http.GetAsync($"/api/edge/models/{file}?station=london-a1", Token);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var shown = await @operator.Http.GetAsync("/api/models", Token);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
    }

    private async Task<StoredVersion> ImportAsync(byte[] file, int number) => await Registry.ImportAsync(Text(TestModels.Manifest(file, number)), null, file, "a test", Token);

    private static string Text(ModelManifest manifest) => Encoding.UTF8.GetString(manifest.ToBytes());

    private static Task<T> ReadAsync<T>(HttpResponseMessage response) => Caller.ReadAsync<T>(response);
}
