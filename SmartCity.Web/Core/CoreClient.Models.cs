using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<ModelsView> ModelsAsync(CancellationToken cancellationToken) => GetAsync<ModelsView>("api/models", cancellationToken);

    /// <summary>Reads some hundred plates with both versions.</summary>
    public Task<ModelJudgement> JudgeModelAsync(string version, CancellationToken cancellationToken) => PostAsync<ModelJudgement>($"api/models/{version}/judge", new { }, cancellationToken);

    /// <param name="which">lost, gained, changed or all.</param>
    public Task<ModelComparison> ModelReadingsAsync(string version, string which, int skip, int limit, string reason, CancellationToken cancellationToken) =>
        GetAsync<ModelComparison>($"api/models/{Uri.EscapeDataString(version)}/readings?which={which}&skip={skip}&limit={limit}", cancellationToken, reason);

    public Task<ModelVersionView> ModelAsync(string version, CancellationToken cancellationToken) => GetAsync<ModelVersionView>($"api/models/{Uri.EscapeDataString(version)}", cancellationToken);

    public Task<IReadOnlyList<ModelRolloutView>> PromoteModelAsync(string version, ModelPromotion promotion, string reason, CancellationToken cancellationToken) =>
        PostAsync<IReadOnlyList<ModelRolloutView>>($"api/models/{version}/promote", promotion, cancellationToken, reason);

    /// <param name="pause">False to go on.</param>
    public Task PauseModelAsync(string kind, bool pause, CancellationToken cancellationToken) => PostAsync($"api/models/rollouts/{kind}/{(pause ? "pause" : "resume")}", new { }, cancellationToken);

    /// <param name="version">What the page shows as that which is taken back.</param>
    public Task<IReadOnlyList<ModelRolloutView>> RollBackModelAsync(string kind, string version, string reason, CancellationToken cancellationToken) =>
        PostAsync<IReadOnlyList<ModelRolloutView>>($"api/models/rollouts/{kind}/rollback?version={version}", new { }, cancellationToken, reason);

    public Task<DatasetView> FreezeDatasetAsync(CancellationToken cancellationToken) => PostAsync<DatasetView>("api/models/datasets", new { }, cancellationToken);

    public Task<TrainingView> StartTrainingAsync(NewTraining training, CancellationToken cancellationToken) => PostAsync<TrainingView>("api/models/trainings", training, cancellationToken);

    public Task CancelTrainingAsync(Guid id, CancellationToken cancellationToken) => PostAsync($"api/models/trainings/{id}/cancel", new { }, cancellationToken);
}
