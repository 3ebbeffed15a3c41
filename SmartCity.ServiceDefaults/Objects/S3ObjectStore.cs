using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace SmartCity.ServiceDefaults.Objects;

/// <summary>Objects in an S3 bucket (MinIO, Ceph, AWS), which is created if it is missing.</summary>
public sealed class S3ObjectStore : IObjectStore, IDisposable
{
    private readonly AmazonS3Client _client;
    private readonly AmazonS3Client _outside;
    private readonly bool _isOutsideHttp;
    private bool? _locks;
    private readonly string _bucket;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile bool _ready;

    public S3ObjectStore(ObjectStoreConnection connection)
    {
        _bucket = connection.Bucket;
        _client = Connect(connection, connection.Endpoint!);
        // An address is signed with its host, so it must be the one by which edges reach the store.
        var outside = connection.PublicEndpoint ?? connection.Endpoint!;
        _outside = outside == connection.Endpoint ? _client : Connect(connection, outside);
        _isOutsideHttp = outside.Scheme == Uri.UriSchemeHttp;
    }

    private static AmazonS3Client Connect(ObjectStoreConnection connection, Uri endpoint) => new(
        new BasicAWSCredentials(connection.AccessKey, connection.SecretKey),
        new AmazonS3Config
        {
            ServiceURL = endpoint.ToString(),
            ForcePathStyle = true,
            AuthenticationRegion = connection.Region,
            // Stores other than AWS do not know the newer checksum trailers.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    public string Address => $"s3://{_bucket}/";

    public async Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        await PutAsync(new PutObjectRequest { Key = key, InputStream = stream, ContentType = contentType }, cancellationToken);
    }

    public Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken) =>
        PutAsync(new PutObjectRequest { Key = key, FilePath = path, ContentType = contentType }, cancellationToken);

    public async Task<bool> ExistsAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            await _client.GetObjectMetadataAsync(_bucket, key, cancellationToken);
            return true;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    public async Task<Uri?> UploadAddressAsync(string key, TimeSpan validFor)
    {
        ObjectKey.Check(key);
        await EnsureBucketAsync(CancellationToken.None);
        return new Uri(await _outside.GetPreSignedURLAsync(new GetPreSignedUrlRequest
        {
            BucketName = _bucket,
            Key = key,
            Verb = HttpVerb.PUT,
            Expires = TimeProvider.System.GetUtcNow().UtcDateTime + validFor,
            Protocol = _isOutsideHttp ? Protocol.HTTP : Protocol.HTTPS,
        }));
    }

    public async Task PutOnceAsync(string key, ReadOnlyMemory<byte> content, string contentType, DateTimeOffset keepUntil, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        var request = new PutObjectRequest { Key = key, InputStream = stream, ContentType = contentType };
        if (await LocksAsync(cancellationToken))
        {
            (request.ObjectLockMode, request.ObjectLockRetainUntilDate) = (ObjectLockMode.Compliance, keepUntil.UtcDateTime);
            request.ChecksumAlgorithm = ChecksumAlgorithm.SHA256; // the store asks for one
        }

        await PutAsync(request, cancellationToken);
    }

    // Object lock is set when a bucket is made.
    private async Task<bool> LocksAsync(CancellationToken cancellationToken)
    {
        if (_locks is { } known)
        {
            return known;
        }

        await EnsureBucketAsync(cancellationToken);
        try
        {
            var answer = await _client.GetObjectLockConfigurationAsync(new GetObjectLockConfigurationRequest { BucketName = _bucket }, cancellationToken);
            _locks = answer.ObjectLockConfiguration?.ObjectLockEnabled == ObjectLockEnabled.Enabled;
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.NotImplemented or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed)
        {
            _locks = false;
        }

        return _locks.Value;
    }

    public async Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _client.GetObjectAsync(_bucket, key, cancellationToken);
            return response.ResponseStream;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await EnsureBucketAsync(cancellationToken);
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = prefix };
        ListObjectsV2Response page;
        do
        {
            page = await _client.ListObjectsV2Async(request, cancellationToken);
            foreach (var entry in page.S3Objects ?? [])
            {
                yield return new ObjectEntry(entry.Key, entry.Size ?? 0, entry.LastModified ?? default, entry.ETag?.Trim('"') ?? "");
            }

            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    public async Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken)
    {
        var usage = new Dictionary<string, ObjectUsage>(StringComparer.Ordinal);
        await foreach (var entry in ListAsync("", cancellationToken))
        {
            var first = entry.Key.Split('/', 2)[0];
            usage[first] = usage.GetValueOrDefault(first).With(entry.Bytes);
        }

        return usage;
    }

    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        _client.DeleteObjectAsync(_bucket, key, cancellationToken);

    public void Dispose()
    {
        _client.Dispose();
        _outside.Dispose();
        _gate.Dispose();
    }

    private async Task PutAsync(PutObjectRequest request, CancellationToken cancellationToken)
    {
        ObjectKey.Check(request.Key);
        await EnsureBucketAsync(cancellationToken);
        request.BucketName = _bucket;
        request.UseChunkEncoding = false;
        await _client.PutObjectAsync(request, cancellationToken);
    }

    private async Task EnsureBucketAsync(CancellationToken cancellationToken)
    {
        if (_ready)
        {
            return;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_ready)
            {
                return;
            }

            try
            {
                await _client.HeadBucketAsync(new HeadBucketRequest { BucketName = _bucket }, cancellationToken);
            }
            catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                await _client.PutBucketAsync(new PutBucketRequest { BucketName = _bucket }, cancellationToken);
            }
            catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.Forbidden)
            {
                // Whoever may put objects need not be allowed to ask for the bucket; what is put says whether it is there.
            }

            _ready = true;
        }
        finally
        {
            _gate.Release();
        }
    }
}
