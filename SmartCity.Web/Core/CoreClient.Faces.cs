using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<FacesView> FacesAsync(CancellationToken cancellationToken) => GetAsync<FacesView>("api/faces", cancellationToken);

    /// <summary>The last written first.</summary>
    /// <param name="after">Cursor of the page before.</param>
    public Task<Page<FaceDeploymentView>> FaceDeploymentsAsync(string? after, CancellationToken cancellationToken) =>
        GetAsync<Page<FaceDeploymentView>>(QueryHelpers.AddQueryString("api/faces/deployments", Given(("limit", "20"), ("after", after))), cancellationToken);

    public Task<FaceDeploymentView> WriteFaceDeploymentAsync(NewFaceDeployment deployment, CancellationToken cancellationToken) => PostAsync<FaceDeploymentView>("api/faces/deployments", deployment, cancellationToken);

    public Task<FaceDeploymentView> SignFaceDeploymentAsync(Guid id, CancellationToken cancellationToken) => PostAsync<FaceDeploymentView>($"api/faces/deployments/{id}/sign", new { }, cancellationToken);

    public Task<FaceDeploymentView> RevokeFaceDeploymentAsync(Guid id, string reason, CancellationToken cancellationToken) =>
        PostAsync<FaceDeploymentView>($"api/faces/deployments/{id}/revoke", new { }, cancellationToken, reason);

    /// <summary>Plain text.</summary>
    public async Task<string> FaceNoticeAsync(Guid id, CancellationToken cancellationToken)
    {
        using var response = await OpenAsync($"api/faces/deployments/{id}/notice", null, cancellationToken);
        await CheckAsync(response, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public Task<IReadOnlyList<FaceListView>> FaceListsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<FaceListView>>("api/faces/lists", cancellationToken);

    public Task<FaceListView> MakeFaceListAsync(NewFaceList list, CancellationToken cancellationToken) => PostAsync<FaceListView>("api/faces/lists", list, cancellationToken);

    public Task<FaceListContent> FaceListAsync(Guid id, string reason, CancellationToken cancellationToken) => GetAsync<FaceListContent>($"api/faces/lists/{id}", cancellationToken, reason);

    public Task DeleteFaceListAsync(Guid id, string reason, CancellationToken cancellationToken) => DeleteAsync($"api/faces/lists/{id}", reason, cancellationToken);

    public Task<FaceEstimate> FaceEstimateAsync(Guid list, double threshold, double faces, IEnumerable<string> stations, CancellationToken cancellationToken) =>
        GetAsync<FaceEstimate>(
            QueryHelpers.AddQueryString(
                $"api/faces/lists/{list}/estimate",
                Given([("threshold", threshold.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("faces", faces.ToString(System.Globalization.CultureInfo.InvariantCulture)), .. stations.Select(s => ("station", (string?)s))])),
            cancellationToken);

    public Task<FaceEnrolment> EnrolFaceAsync(Guid list, NewFaceEntry entry, CancellationToken cancellationToken) => PostAsync<FaceEnrolment>($"api/faces/lists/{list}/entries", entry, cancellationToken);

    public Task ConfirmFaceEntryAsync(Guid id, CancellationToken cancellationToken) => PostAsync($"api/faces/entries/{id}/confirm", new { }, cancellationToken);

    public Task RemoveFaceEntryAsync(Guid id, string reason, CancellationToken cancellationToken) => DeleteAsync($"api/faces/entries/{id}", reason, cancellationToken);

    /// <summary>Those that wait, the oldest first.</summary>
    public Task<IReadOnlyList<FaceMatchView>> FaceMatchesAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<FaceMatchView>>("api/faces/matches", cancellationToken);

    public Task<FaceMatchOutcome> AnswerFaceMatchAsync(Guid id, string says, CancellationToken cancellationToken) => PostAsync<FaceMatchOutcome>($"api/faces/matches/{id}/answer", new FaceMatchAnswer(says), cancellationToken);

    /// <param name="month">Such as 2026-11.</param>
    public Task<FaceReportView> FaceReportAsync(string month, CancellationToken cancellationToken) => GetAsync<FaceReportView>($"api/faces/report?month={month}", cancellationToken);
}
