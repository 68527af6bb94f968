// SPDX-License-Identifier: Apache-2.0
// Calls process() on random mutations of the seeds: mutate EXECUTIONS SEED FILE...
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int process(const unsigned char *data, size_t size);
static uint64_t x;
static uint32_t rnd(uint32_t n){ x^=x<<13; x^=x>>7; x^=x<<17; return (uint32_t)((x>>20)%n);}
static unsigned char seeds[8][8192]; static size_t sizes[8]; static int count;
int main(int argc,char**argv){
  long runs=atol(argv[1]); x=strtoull(argv[2],0,10)*2654435761u+88172645463325252ull;
  for(int i=3;i<argc&&count<8;i++){FILE*f=fopen(argv[i],"rb"); sizes[count]=fread(seeds[count],1,8192,f); fclose(f); if(sizes[count])count++;}
  for(long r=0;r<runs;r++){
    int k=rnd(count); size_t n=sizes[k]; unsigned char *b=malloc(n*2+64); memcpy(b,seeds[k],n);
    int m=1+rnd(4);
    while(m--){
      switch(rnd(6)){
      case 0: b[rnd(n)]^=1u<<rnd(8); break;
      case 1: b[rnd(n)]=(unsigned char)rnd(256); break;
      case 2: b[rnd(n)]=(unsigned char)(rnd(2)?255-rnd(4):rnd(4)); break;
      case 3: b[rnd(n)]+=(unsigned char)(rnd(33)-16); break;
      case 4: {size_t a=rnd(n),l=1+rnd(16); if(a+l<=n&&n+l<=sizes[k]*2+32){memmove(b+a+l,b+a,n-a); n+=l;}} break;
      case 5: {size_t a=rnd(n),l=1+rnd(8); if(a+l<n){memmove(b+a,b+a+l,n-a-l); n-=l;}} break;
      }
    }
    unsigned char *e=malloc(n); memcpy(e,b,n); process(e,n); free(e); free(b);
  }
  return 0;}
