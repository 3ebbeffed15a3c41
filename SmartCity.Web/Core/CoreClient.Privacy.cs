using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<IReadOnlyList<PlateRecordView>> PlateRecordsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<PlateRecordView>>("api/privacy/records", cancellationToken);

    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<ErasureView>> ErasuresAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ErasureView>>("api/privacy/erasures", cancellationToken);

    public Task<ErasureView> EraseAsync(string plate, string reason, CancellationToken cancellationToken) => PostAsync<ErasureView>("api/privacy/erasures", new PlateAsked(plate), cancellationToken, reason);

    /// <summary>Those that stand first, then the newest.</summary>
    public Task<IReadOnlyList<RestrictionView>> RestrictionsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<RestrictionView>>("api/privacy/restrictions", cancellationToken);

    /// <param name="from">First day; null for today.</param>
    public Task<RestrictionView> RestrictAsync(string plate, DateOnly? from, string reason, CancellationToken cancellationToken) =>
        PostAsync<RestrictionView>("api/privacy/restrictions", new NewRestriction(plate, from), cancellationToken, reason);

    public Task<RestrictionView> LiftAsync(Guid restriction, string reason, CancellationToken cancellationToken) =>
        PostAsync<RestrictionView>($"api/privacy/restrictions/{restriction}/lift", new object(), cancellationToken, reason);
}
