using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Models;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Audit;
using SmartCity.Edge.Tests.Models;

namespace SmartCity.Core.Tests.Models;

/// <summary>A version goes out, or comes back, together with its line of the audit or not at all.</summary>
public sealed class ModelChangeTests(ModelHost host) : IClassFixture<ModelHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_promotion_that_two_people_asked_for_and_its_way_back_are_written_down_or_not_done()
    {
        byte[] file = [.. TestModels.Shipped(), 0, 2];
        var version = await host.Core.Services.GetRequiredService<ModelRegistry>().ImportAsync(Encoding.UTF8.GetString(TestModels.Manifest(file, 2).ToBytes()), null, file, "a test", Token);
        using var first = await AdministratorAsync();
        using var second = await AdministratorAsync();
        var name = (await first.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        using (var asked = await first.Http.PostAsJsonAsync($"/api/models/{version.Id}/promote", new ModelPromotion(), Token))
        {
            Assert.Equal(HttpStatusCode.Conflict, asked.StatusCode);
        }

        // What failed was not done: the first person's word still counts.
        await ChangeAndLine.AreTogetherAsync(host.Core, "model_rollouts", () => second.Http.PostAsJsonAsync($"/api/models/{version.Id}/promote", new ModelPromotion(name), Token));
        await ChangeAndLine.AreTogetherAsync(host.Core, "model_orders", () => second.Http.PostAsync("/api/models/rollouts/reader/rollback", null, Token));
    }

    [Fact]
    public async Task A_judgement_and_a_dataset_are_written_down_or_not_kept()
    {
        var bad = await host.Core.Services.GetRequiredService<ModelRegistry>().ImportAsync(Encoding.UTF8.GetString(TestModels.Manifest(TestModels.Shuffled(), 3).ToBytes()), null, TestModels.Shuffled(), "a test", Token);
        await ChangeAndLine.AreTogetherAsync(host.Core, "model_judgements", () => host.Core.Http.PostAsync($"/api/models/{bad.Id}/judge", null, Token));

        await host.Core.Postgres.ExecuteAsync(
            """
            insert into learning_items (sighting_id, captured_at, station_id, camera_id, source, decision, plate, confidence, decided_at, patch_sha256, split, suspect, gathered_at)
            values (gen_random_uuid(), now(), 'london-a1', 'a1-n1', 'review', 'corrected', 'LN09AAA', 0.5, now(), 'none', 'train', false, now())
            """);
        await ChangeAndLine.AreTogetherAsync(host.Core, "dataset_items", () => host.Core.Http.PostAsync("/api/models/datasets", null, Token));
    }

    private async Task<Caller> AdministratorAsync()
    {
        var person = await Caller.OfRoleAsync(host.Core, Role.Administrator);
        person.Http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        return person;
    }
}
